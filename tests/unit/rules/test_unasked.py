# ruff: noqa: E501  # a sentence or a rule stands as its reader sees it
"""A plugin that says nothing: no rule gives by it, and what a rule would hold back by it is held back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.model import Outcome, Ruling
from so_privacy_ext.plugins.described import read_description, words
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.explain import explain
from so_privacy_ext.rules.logic import asks_plugins, could_be, unasked
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.sentences import tell
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.rules.wording import wording
from so_privacy_ext.sdk import Answer, Facts
from tests.unit.rules.conftest import SMALL

ACME = read_description(
    {
        "name": "acme-vat",
        "version": "1",
        "says": "Asks a register.",
        "words": [
            {
                "word": f"acme_vat.{name}",
                "says": "Whether so.",
                "argument": {"type": "boolean"},
                "reasons": {},
            }
            for name in ("blocked", "large")
        ],
    }
)
BLOCKED, LARGE = "acme_vat.blocked true", "acme_vat.large true"
GIVES = """\
  - id: gives
    when: always
    give: {STORE: {basis: 61F}, EMARKETING: {basis: 61A}}
    tell: notice
    because: y
"""


def active(*rules: str) -> ActiveManifest:
    text = SMALL + "".join(rules)
    return resolve_alone(parse(text.encode(), "small.yaml", PRODUCT_WORDS + words(ACME)))


def rule(when: str, give: str, more: str = "") -> str:
    return f"  - {{id: holds, when: {when}, give: {give}{more}, because: x}}\n"


def short(ruling: Ruling) -> list[str]:
    return [f"{one.purpose} {one.outcome} {one.rule_id}" for one in ruling.decisions]


@pytest.mark.parametrize(
    ("when", "held"),
    [
        ("{acme_vat.blocked: true}", True),
        ("{not: {acme_vat.blocked: true}}", True),
        ("{source: CARD, acme_vat.blocked: true}", True),
        ("{source: API, acme_vat.blocked: true}", False),
        ("{not: {any: [{source: CARD}, {acme_vat.blocked: true}]}}", False),
        ("{not: {all: [{source: CARD}, {acme_vat.blocked: true}]}}", True),
        ("{any: [{source: API}, {acme_vat.blocked: true}]}", True),
        ("{any: [{source: API}, {country: DK}]}", False),
        ("{country: DK, acme_vat.blocked: true}", False),
    ],
)
def test_what_a_rule_may_hold_back_is_held_back_while_nobody_answers(when: str, held: bool) -> None:
    manifest = active(rule(when, "{STORE: review, EMARKETING: deny}"), GIVES)

    ruling = decide(Facts(source="CARD"), manifest)

    by = "holds" if held else "gives"
    assert {one.rule_id for one in ruling.decisions} == {by}
    assert ruling.tell == (None if held else "notice")


@pytest.mark.parametrize(
    ("answer", "rule_id"), [((True, ""), "holds"), ((False, ""), "gives"), ((None, ""), "gives")]
)
def test_a_plugin_that_answers_is_taken_at_its_word_also_where_it_does_not_know(
    answer: Answer, rule_id: str
) -> None:
    manifest = active(rule("{acme_vat.blocked: true}", "{STORE: review, EMARKETING: deny}"), GIVES)

    ruling = decide(Facts(answers={BLOCKED: answer}), manifest)

    assert {one.rule_id for one in ruling.decisions} == {rule_id}


def test_a_rule_that_nobody_answers_gives_and_tells_nothing() -> None:
    manifest = active(
        rule("{acme_vat.blocked: true}", "{STORE: {basis: 61B}, EMARKETING: deny}", ", tell: notice"),
        "  - {id: gives, when: always, give: {STORE: {basis: 61F}, EMARKETING: {basis: 61A}}, because: y}\n",
    )

    ruling = decide(Facts(), manifest)

    assert short(ruling) == ["EMARKETING deny holds", "STORE give gives"]
    assert ruling.tell is None


def test_who_may_belong_to_nobody_is_told_by_nobody() -> None:
    ruling = decide(Facts(), active(rule("{acme_vat.blocked: true}", "none"), GIVES))

    assert {one.outcome for one in ruling.decisions} == {Outcome.NONE}
    assert ruling.gives_none


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "Whether holds holds is not known, since nothing answered acme_vat.blocked; until then it holds back STORE and EMARKETING.",
        ),
        (
            "da",
            "Om holds gælder, vides ikke, da intet svarede på acme_vat.blocked; indtil da holder den STORE og EMARKETING tilbage.",
        ),
    ],
)
def test_it_is_explained(language: str, text: str) -> None:
    manifest = active(
        rule("{source: CARD, acme_vat.blocked: true}", "{STORE: review, EMARKETING: deny}"), GIVES
    )
    facts = Facts(source="CARD")

    explained = explain(facts, manifest)

    assert not explained.rules[0].matched
    assert explained.rules[0].decided == ("STORE", "EMARKETING")
    assert explained.rules[0].unasked == ("acme_vat.blocked",)
    assert explained.rules[1].lost == {"STORE": "holds", "EMARKETING": "holds"}
    assert tell(explained, facts, manifest, wording(language), silent=None).rules[0] == text


def test_the_words_that_nobody_answered_are_named_once() -> None:
    when = "{any: [{acme_vat.blocked: true}, {not: {acme_vat.large: true}}, {acme_vat.large: false}, {source: API}]}"
    part = active(rule(when, "none")).rules[0].when

    assert asks_plugins(part)
    assert unasked(part, Facts()) == ["acme_vat.blocked", "acme_vat.large"]
    assert unasked(part, Facts(answers={BLOCKED: (None, ""), "acme_vat.large false": (None, "")})) == [
        "acme_vat.large"
    ]
    assert not asks_plugins(active(rule("{any: [{source: API}, {not: always}]}", "none")).rules[0].when)


WHENS = st.recursive(
    st.sampled_from(
        ["acme_vat.blocked: true", "acme_vat.large: true", "source: CARD", "country: DK", "retired: true"]
    ).map(lambda word: "{" + word + "}"),
    lambda inner: st.one_of(
        inner.map(lambda one: f"{{not: {one}}}"),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: f"{{any: [{', '.join(some)}]}}"),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: f"{{all: [{', '.join(some)}]}}"),
    ),
    max_leaves=6,
)
ANSWERS = st.dictionaries(
    st.sampled_from([BLOCKED, LARGE]), st.sampled_from([(True, ""), (False, ""), (None, "")])
)


@settings(max_examples=60, deadline=None)
@given(when=WHENS, known=ANSWERS, rest=ANSWERS, source=st.sampled_from(["CARD", "API"]))
def test_silence_never_gives_what_an_answer_would_have_held_back(
    when: str, known: Mapping[str, Answer], rest: Mapping[str, Answer], source: str
) -> None:
    manifest = active(rule(when, "{STORE: review, EMARKETING: deny}"), GIVES)
    silent, asked = Facts(source=source, answers=known), Facts(source=source, answers={**rest, **known})

    gives = {one.purpose for one in decide(silent, manifest).decisions if one.outcome is Outcome.GIVE}
    held = {one.purpose for one in decide(asked, manifest).decisions if one.outcome is not Outcome.GIVE}

    assert not gives & held
    assert could_be(manifest.rules[0].when, silent) or not manifest.rules[0].matches(asked)
