# ruff: noqa: E501  # a finding stands on one line, as its reader sees it
from __future__ import annotations

import pytest

from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.trial.reading import read_trials
from tests.unit.trial.conftest import read

HEAD = "rule_tests: 1\n"


def complaints(text: str, manifest: Manifest) -> list[str]:
    with pytest.raises(ManifestInvalid) as refused:
        read_trials(text.encode(), "a.test.yaml", manifest)
    return str(refused.value).splitlines()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "1:1: empty: the file holds nothing; begin with `rule_tests: 1`"),
        ("tests: [", "1:9: yaml_syntax: "),
        ("\t", "1:1: tab: a tab"),
        ("a: 1\na: 2", "2:1: duplicate_key: `a` stands here again"),
        ("tests: []", "1:1: missing_key: `rule_tests` is missing; add it"),
        (HEAD + "tests: []", "2:8: empty: found a list; needed: at least one"),
        (HEAD + "tests: [{name: x}]", "2:9: missing_key: `expect` is missing; add it"),
        (HEAD + "tests: [{name: x, expect: {}, persn: {}}]", "2:31: unknown_key: `persn` is no key here; did you mean `person`?"),
        (HEAD + "tests: [{name: x, expect: {}, event: create}]", "2:38: wrong_value: found `create`; did you mean `created`?"),
        (HEAD + "tests: [{name: x, expect: {}, at: 2026-02-30}]", "2:35: wrong_value: found `2026-02-30`; needed: a moment of the calendar"),
        (HEAD + "tests: [{name: x, expect: {}, at: tomorrow}]", "2:35: wrong_value: found `tomorrow`; allowed: a moment in UTC"),
        (HEAD + "tests: [{name: x, expect: {}, then: [{at: 5s, expect: {}}]}]", "2:43: wrong_value: found `5s`; allowed: how long after the first step"),
        (HEAD + "tests: [{name: x, expect: {}, then: [{at: +1h, expect: {}}, {at: +5m, expect: {}}]}]", "2:66: out_of_order: this comes before the step above"),
        (HEAD + "tests: [{name: x, expect: {}}, {name: x, expect: {}}]", "2:39: duplicate_name: `x` is the name of another test too; that one stands on line 2"),
        (HEAD + "tests: [{name: x, person: {source: CARDS}, expect: {}}]", "2:36: unknown_source: the manifest has no source `CARDS`; did you mean `CARD`?"),
        (HEAD + "tests: [{name: x, person: {told: notce}, expect: {}}]", "2:34: unknown_mail: the manifest has no mail `notce`; did you mean `notice`?"),
        (HEAD + "tests: [{name: x, person: {registered: 2026-1-1}, expect: {}}]", "2:40: wrong_value: found `2026-1-1`; allowed: when she was registered, such as `2026-01-31`"),
        (HEAD + "tests: [{name: x, expect: {give: {STOR: deny}}}]", "2:35: unknown_purpose: the manifest has no purpose `STOR`; did you mean `STORE`?"),
        (HEAD + "tests: [{name: x, expect: {give: {STORE: 61Z}}}]", "2:42: unknown_legal_basis: the manifest has no legal basis `61Z`; did you mean `61F`?"),
        (HEAD + "tests: [{name: x, expect: {give: {STORE: WITHDRAWN}}}]", "2:42: unknown_legal_basis: the manifest has no legal basis `WITHDRAWN`"),
        (HEAD + "tests: [{name: x, expect: {give: {STORE: 61F/CRD}}}]", "2:42: unknown_source: the manifest has no source `CRD`; did you mean `CARD`?"),
        (HEAD + "tests: [{name: x, expect: {give: {STORE: {basis: 61Z}}}}]", "2:50: unknown_legal_basis: the manifest has no legal basis `61Z`"),
        (HEAD + "tests: [{name: x, expect: {give: {STORE: {basis: 61F, source: CRD}}}}]", "2:63: unknown_source: the manifest has no source `CRD`"),
        (HEAD + "tests: [{name: x, expect: {give: {STORE: {basis: 61F, rule: crd}}}}]", "2:61: unknown_rule: the manifest has no rule `crd`; did you mean `card`?"),
        (HEAD + "tests: [{name: x, expect: {give: {STORE: {source: CARD}}}}]", "2:42: contradiction: not just one of `basis` and `outcome`"),
        (HEAD + "tests: [{name: x, expect: {give: {STORE: {basis: 61F, outcome: deny}}}}]", "2:42: contradiction: not just one of `basis` and `outcome`"),
        (HEAD + "tests: [{name: x, expect: {give: denied}}]", "2:34: wrong_value: found `denied`; did you mean `deny`?"),
        (HEAD + "tests: [{name: x, expect: {rule: crd}}]", "2:34: unknown_rule: the manifest has no rule `crd`; did you mean `card`?"),
        (HEAD + "tests: [{name: x, expect: {tell: notce}}]", "2:34: unknown_mail: the manifest has no mail `notce`; did you mean `notice`?"),
        (HEAD + "tests: [{name: x, expect: {tell: notice, no_mail: review}}]", "2:51: contradiction: a mail, and a reason for none; leave one of them out"),
        (HEAD + "tests: [{name: x, expect: {language: da}}]", "2:38: contradiction: the language of no mail; add `tell`"),
        (HEAD + "tests: [{name: x, expect: {no_mail: becaus}}]", "2:37: wrong_value: found `becaus`; allowed: store_withdrawn"),
        (HEAD + "tests: [{name: x, expect: {}}]\ntenant: {default_basis: 61X}", "3:25: unknown_legal_basis: the manifest has no legal basis `61X`"),
        (HEAD + "tests: [{name: x, expect: {}}]\ntenant: {wordings: [STOR]}", "3:21: unknown_purpose: the manifest has no purpose `STOR`"),
        (HEAD + "tests: [{name: x, expect: {}}]\ntenant: {crm_mails: CHATT}", "3:21: unknown_source: the manifest has no source `CHATT`"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_with_its_place_and_what_was_meant(
    small: Manifest, text: str, complaint: str
) -> None:
    assert complaints(text, small)[0].startswith(f"a.test.yaml:{complaint}")


def test_all_mistakes_are_told_at_once(small: Manifest) -> None:
    text = (
        HEAD
        + "tests:\n- {name: x, person: {source: CRD}, expect: {tell: no}}\n- {name: x, expect: {rule: a}}\n"
    )

    assert [one.split(": ")[1] for one in complaints(text, small)] == [
        "unknown_source",
        "unknown_mail",
        "duplicate_name",
        "unknown_rule",
    ]


def test_what_is_no_text_is_told_alike(small: Manifest) -> None:
    with pytest.raises(ManifestInvalid, match="not_utf8"):
        read_trials(b"\xff", "a.test.yaml", small)


def test_steps_know_their_times_and_lines(small: Manifest) -> None:
    (trial,) = read(
        "- name: x\n  at: 2026-01-31\n  expect: {}\n  then:\n  - {at: +90s, expect: {}}\n"
        "  - {at: +2h, expect: {}}\n  - {at: +P1M,\n     expect: {}}\n",
        small,
    )

    assert [f"{step.now:%m-%d %H:%M:%S}" for step in trial.steps] == [
        "01-31 00:00:00",
        "01-31 00:01:30",
        "01-31 02:00:00",
        "02-28 00:00:00",
    ]
    assert [step.line for step in trial.steps] == [6, 8, 9, 11]
    assert (trial.line, trial.name, trial.registered) == (4, "x", trial.steps[0].now)
