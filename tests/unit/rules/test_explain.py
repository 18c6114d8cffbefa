from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.model import TenantLists
from so_privacy_ext.rules.activation import ActiveManifest, resolve
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.explain import Failure, Lack, explain, said
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.reach.map import RuleMap
from so_privacy_ext.sdk import UNKNOWN, Facts
from tests.unit.rules.random_manifests import active as active_of
from tests.unit.rules.random_manifests import crowd, rules

Activate = Callable[[str], ActiveManifest]


def failure(active: ActiveManifest, facts: Facts) -> Failure | None:
    return explain(facts, active).rules[0].failure


@pytest.mark.parametrize(
    ("when", "facts", "expected"),
    [
        ("{source: [CARD, API]}", Facts(source="WEBFORM"), Failure("when.source", "CARD or API", "WEBFORM")),
        ("{source: CARD}", Facts(), Failure("when.source", "CARD", "none")),
        ("{country: DK}", Facts(), Failure("when.country", "DK", "unknown")),
        ("{not: {country: DK}}", Facts(country="DK"), Failure("when.not.country", "not DK", "DK")),
        ("{not: {country: DK}}", Facts(), Failure("when.not.country", "not DK", "unknown")),
        (
            "{not: always}",
            Facts(),
            Failure("when", "something that can hold", "a condition that never holds"),
        ),
        ("{retired: true}", Facts(), Failure("when.retired", "true", "false")),
        (
            "{company: {is_owner: true}}",
            Facts(),
            Failure("when.company", "is_owner: true", "is_owner: false"),
        ),
        (
            "{age_below: country_digital_age}",
            Facts(age=20, country="NO"),
            Failure("when.age_below", "country_digital_age", "age: 20, limit: 13"),
        ),
        ("{form: {key: [a, b]}}", Facts(form="c"), Failure("when.form", "key: a or b", "c")),
        (
            "{evidence: {wording: present, tick: EMARKETING}}",
            Facts(consents={"EMARKETING": ("61F", "CARD")}),
            Failure(
                "when.evidence", "tick: EMARKETING, wording: present", "EMARKETING: 61F/CARD, no wording"
            ),
        ),
        ("{changed: title}", Facts(), Failure("when.changed", "title", "none")),
        ("{category: Customer}", Facts(category_id=51), Failure("when.category", "Customer", "item 51")),
        (
            "{any: [{retired: true}, {all: [{source: CARD}]}]}",
            Facts(),
            Failure("when.any[0].retired", "true", "false"),
        ),
        (
            "{all: [{retired: false}, {any: [{not: always}, {source: CARD}]}]}",
            Facts(),
            Failure("when.all[1].any[1].source", "CARD", "none"),
        ),
        ("{retired: false}", Facts(), None),
    ],
)
def test_the_first_condition_that_failed_is_shown_with_what_was_found(
    activate: Activate, when: str, facts: Facts, expected: Failure | None
) -> None:
    active = activate(f"  - {{id: a, when: {when}, give: none, because: x}}\n")

    assert failure(active, facts) == expected
    assert explain(facts, active).rules[0].matched is (expected is None)


def test_it_is_told_what_each_rule_decided_and_lost(activate: Activate) -> None:
    active = activate(
        "  - {id: a, when: {source: CARD}, give: {STORE: keep}, because: first}\n"
        "  - {id: b, when: {source: API}, give: {STORE: keep}, because: second}\n"
        "  - {id: c, when: always, give: review, because: third}\n"
    )
    facts = Facts(source="CARD", consents={"NEWSLETTER": ("WITHDRAWN", "API")})

    explanation = explain(facts, active)

    first, second, third = explanation.rules
    assert explanation.ruling == decide(facts, active)
    assert (first.rule_id, first.because, first.decided, first.lost) == ("a", "first", ("STORE",), {})
    assert (second.matched, second.decided, second.lost) == (False, (), None)
    assert (third.decided, third.lost, third.withdrawn) == (("EMARKETING",), {"STORE": "a"}, ("NEWSLETTER",))


def test_once_store_is_withdrawn_rules_match_and_decide_nothing(activate: Activate) -> None:
    active = activate("  - {id: a, when: always, give: {STORE: keep, EMARKETING: deny}, because: x}\n")

    (rule,) = explain(Facts(consents={"STORE": ("WITHDRAWN", "API")}), active).rules

    assert rule.matched
    assert (rule.decided, rule.lost, rule.withdrawn) == ((), {}, ("STORE", "EMARKETING"))


def test_the_published_manifest_explains_why_a_childs_rule_did_not_match(
    nordic: Manifest, lists: TenantLists
) -> None:
    active = resolve(nordic, lists)
    facts = Facts(source="WEBFORM", country="DK", consents={"STORE": ("61B", "WEBFORM")})

    minor = next(one for one in explain(facts, active).rules if one.rule_id == "minor")
    grown = next(one for one in explain(replace(facts, age=15), active).rules if one.rule_id == "minor")

    assert minor.failure == Failure("when.age_below", "country_digital_age", "age: unknown, limit: 15")
    assert grown.failure == Failure("when.age_below", "country_digital_age", "age: 15, limit: 15")


@pytest.mark.parametrize(
    ("value", "text"),
    [(UNKNOWN, "unknown"), (None, "none"), ((), "none"), (True, "true"), (5, "5"), ("a", "a")],
)
def test_facts_are_said_in_words(value: object, text: str) -> None:
    assert said(value) == text


def test_the_nearest_miss_is_told_with_what_would_have_been_then(activate: Activate) -> None:
    active = activate(
        "  - {id: a, when: {retired: true}, give: {STORE: keep}, because: first}\n"
        "  - {id: b, when: {category: Customer}, give: {STORE: deny, EMARKETING: deny}, because: second}\n"
        "  - {id: c, when: {source: CARD}, give: review, because: third}\n"
    )
    facts = Facts(retired=True, category_id=51, consents={"NEWSLETTER": ("WITHDRAWN", "API")})

    _, second, third = explain(facts, active).rules

    assert second.lacks == (
        Lack("when.category", "category", "category_id", None, "item 51", values=("Customer",)),
    )
    assert second.then == {"STORE": "a", "EMARKETING": "b"}
    assert third.lacks == (Lack("when.source", "source", "source", None, "none", values=("CARD",)),)
    assert third.then == {"STORE": "a", "EMARKETING": "c", "NEWSLETTER": None}


def test_had_a_fact_been_another_another_rule_may_have_come_first(activate: Activate) -> None:
    active = activate(
        "  - {id: a, when: {source: [CARD, API]}, give: {STORE: keep}, because: first}\n"
        "  - {id: b, when: {source: CARD}, give: {STORE: deny, EMARKETING: deny}, because: second}\n"
    )

    assert explain(Facts(), active).rules[1].then == {"STORE": "a", "EMARKETING": "b"}


def test_of_a_word_that_does_not_say_what_it_looks_at_it_is_told_who_comes_first() -> None:
    made = active_of(
        [
            {"id": "a", "when": {"retired": True}, "give": {"STORE": "keep"}, "because": "x"},
            {"id": "b", "when": {"closed": "title", "country": "DK"}, "give": "review", "because": "x"},
            {"id": "c", "when": "always", "give": "none", "because": "x"},
        ]
    )

    found = explain(Facts(retired=True, country="DK"), made).rules[1]

    assert found.lacks == (Lack("when.closed", "closed", "word", "title", "false", values=("true",)),)
    assert found.then == {"STORE": "a", "EMARKETING": "b"}


def test_ordered_facts_lack_from_one_value_to_another(activate: Activate) -> None:
    active = activate("  - {id: a, when: {age_below: 18, not: {age_below: 13}}, give: none, because: x}\n")

    (found,) = explain(Facts(age=3), active).rules

    assert [(one.found, one.at_least, one.below) for one in found.lacks] == [("3", "13", "18")]


def test_a_rule_that_can_never_hold_lacks_nothing_that_could_be_mended(activate: Activate) -> None:
    active = activate("  - {id: a, when: {not: always}, give: none, because: x}\n")

    (found,) = explain(Facts(), active).rules

    assert (found.lacks, found.then, found.matched) == ((), None, False)


@settings(max_examples=40, deadline=None)
@given(rules(), st.integers(0, 10**6))
def test_what_lacks_is_told_of_every_rule_that_did_not_match(drawn: list[dict[str, Any]], seed: int) -> None:
    made = active_of(drawn)
    at_hand = RuleMap(made)
    for facts in crowd(seed, 5):
        for one, rule in zip(explain(facts, made, at_hand).rules, made.rules, strict=True):
            assert one.matched is (rule.when.truth(facts) is True)
            if not one.matched and at_hand.where[made.rules.index(rule)]:
                assert one.lacks
                assert one.then is not None
