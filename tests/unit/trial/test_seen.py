from __future__ import annotations

from datetime import date

from so_privacy_ext.rules.lint import reached
from so_privacy_ext.rules.lint.laws import l40_untested
from so_privacy_ext.rules.lint.linting import lint
from so_privacy_ext.rules.lint.subject import RuleTests, Subject
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.trial.seen import MOST_OFFERED, seen
from tests.unit.trial.conftest import read, small_manifest

TODAY = date(2026, 11, 28)


def told(manifest: Manifest, tested: RuleTests | None) -> list[tuple[str, str]]:
    found = lint(Subject(manifest, TODAY, tested=tested), [l40_untested.LAW])
    return [(one.what, one.how) for one in found]


def test_that_there_are_no_tests_is_said_once_and_of_what_nobody_looked_at_nothing(small: Manifest) -> None:
    assert [what for what, _ in told(small, seen(small, []))] == ["no rule has a test"]
    assert told(small, None) == []


def test_a_test_is_offered_for_whatever_none_sees(small: Manifest) -> None:
    tests = "- {name: x, person: {source: CARD, consents: {EMARKETING: WITHDRAWN}}, expect: {}}\n"
    found = dict(told(small, seen(small, read(tests, small))))

    assert set(found) == {
        "no test sees `staff` decide",
        "no test sees `card` decide EMARKETING",
        "no test sees `form` decide",
        "no test sees `kept` decide",
        "no test sees `rest` decide",
    }
    assert found["no test sees `rest` decide"] == (
        "paste below `tests:` what is right of "
        '`- {name: "rest decides STORE", expect: {give: {STORE: review}, rule: rest, no_mail: review}}`'
    )


def test_whom_nobody_can_meet_has_no_test() -> None:
    rules = (
        "  - {id: a, when: {retired: true, not: {retired: true}}, give: {STORE: keep}, because: x}\n"
        "  - {id: b, when: always, give: {STORE: keep}, because: y}\n"
    )
    manifest = small_manifest(rules)
    found = told(manifest, seen(manifest, read("- {name: x, expect: {give: {STORE: keep}}}\n", manifest)))

    assert found == [("no test sees `a` decide", "write one, if anybody can meet this rule")]


def many(count: int) -> Manifest:
    """Give rules each of which somebody can meet, and one more that decides for all others."""
    rules = [
        f"  - {{id: r{at}, when: {{form: {{key: f{at}}}}}, give: {{STORE: keep}}, because: x}}\n"
        for at in range(count)
    ]
    return small_manifest(
        "".join([*rules, "  - {id: rest, when: always, give: {STORE: keep}, because: y}\n"])
    )


def test_of_very_many_that_are_missing_the_first_are_offered_and_the_others_counted() -> None:
    manifest = many(MOST_OFFERED + 3)
    tests = read("- {name: x, expect: {give: {STORE: keep}}}\n", manifest)
    ways = [how for _, how in told(manifest, seen(manifest, tests))]

    assert [one[:5] for one in ways[:MOST_OFFERED]] == ["paste"] * MOST_OFFERED
    assert (
        ways[MOST_OFFERED:]
        == ["`so-privacy manifest test FILE --missing` writes tests of this and 2 other rules"] * 3
    )


def test_of_one_too_many_no_others_are_counted() -> None:
    manifest = many(MOST_OFFERED + 1)
    tests = read("- {name: x, expect: {give: {STORE: keep}}}\n", manifest)

    assert told(manifest, seen(manifest, tests))[-1] == (
        f"no test sees `r{MOST_OFFERED}` decide",
        "`so-privacy manifest test FILE --missing` writes tests of this",
    )


def test_whom_rules_reach_is_computed_once_for_the_tests_and_all_laws() -> None:
    manifest = many(3)
    before = reached._computed.cache_info().misses
    tested = seen(manifest, read("- {name: x, expect: {give: {STORE: keep}}}\n", manifest))
    lint(Subject(manifest, TODAY, tested=tested))

    assert reached._computed.cache_info().misses == before + 1
