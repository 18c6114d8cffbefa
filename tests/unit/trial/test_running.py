from __future__ import annotations

from collections.abc import Callable, Sequence

from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.trial.reading import read_trials
from so_privacy_ext.trial.running import Ran, cover, run_all
from tests.unit.trial.conftest import PUBLISHED

Trying = Callable[..., Sequence[Ran]]
RULES = (PUBLISHED / "nordic-b2b.yaml").read_bytes()
TESTS = (PUBLISHED / "nordic-b2b.test.yaml").read_bytes()


def ran(rules: bytes) -> tuple[Manifest, Sequence[Ran]]:
    manifest = parse(rules, "nordic-b2b.yaml")
    return manifest, run_all(read_trials(TESTS, "nordic-b2b.test.yaml", manifest), resolve_alone(manifest))


def test_the_published_tests_hold_and_see_every_rule_and_purpose_decide() -> None:
    manifest, all_ran = ran(RULES)
    coverage = cover(all_ran, resolve_alone(manifest))

    assert [one.trial.name for one in all_ran if one.failed] == []
    assert (coverage.missing_rules, coverage.missing_branches) == ([], [])
    assert {one.trial.name.partition(" ")[0] for one in all_ran} >= {str(at) for at in range(1, 13)}


def test_a_changed_rule_is_named_by_the_tests_of_those_whom_it_hits() -> None:
    _, all_ran = ran(RULES.replace(b"STORE: {basis: 61F, expires: P12M}", b"STORE: {basis: 61F}"))

    failed = [one for one in all_ran if one.failed]
    assert {one.trial.name[:6] for one in failed} == {"5 Emma", "6 Frod", "Referr"}
    assert {one.what for test in failed for step in test.failed for one in step.differences} == {"STORE"}


def test_a_step_that_fails_does_not_keep_the_others_from_being_played(trying: Trying) -> None:
    (one,) = trying(
        "- {name: x, expect: {}, then: [{at: +1h, expect: {}}, {at: +1d, expect: {tell: notice}}]}\n"
    )

    assert [(step.line, step.at) for step in one.failed] == [(4, "2026-03-02T09:00"), (4, "+1d")]


def test_what_no_test_has_seen_decide_is_named(trying: Trying, small: Manifest) -> None:
    all_ran = trying("- {name: x, person: {source: CARD, consents: {STORE: WITHDRAWN}}, expect: {}}\n")
    assert cover(all_ran, resolve_alone(small)).missing_rules == ["staff", "card", "form", "kept", "rest"]

    all_ran = trying("- {name: x, person: {source: CARD, consents: {EMARKETING: WITHDRAWN}}, expect: {}}\n")
    coverage = cover(all_ran, resolve_alone(small))
    assert coverage.missing_rules == ["staff", "form", "kept", "rest"]
    assert coverage.missing_branches == [
        ("staff", "STORE"),
        ("staff", "EMARKETING"),
        ("card", "EMARKETING"),
        ("form", "STORE"),
        ("kept", "EMARKETING"),
        ("rest", "STORE"),
    ]
