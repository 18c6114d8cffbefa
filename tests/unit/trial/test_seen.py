from __future__ import annotations

from datetime import date

from so_privacy_ext.rules.lint.laws import l40_untested
from so_privacy_ext.rules.lint.linting import lint
from so_privacy_ext.rules.lint.subject import RuleTests, Subject
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.trial.seen import seen
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
