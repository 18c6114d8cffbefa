from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.rules.reach import kinds
from so_privacy_ext.rules.reach.effort import Effort
from so_privacy_ext.rules.reach.map import RuleMap
from so_privacy_ext.rules.reach.misses import Miss, Need, nearest
from so_privacy_ext.sdk import UNKNOWN, Facts
from tests.unit.rules.random_manifests import active, crowd, whens


def mapped(when: object) -> RuleMap:
    return RuleMap(active([{"id": "a", "when": when, "give": "none", "because": "x"}]))


def missed(when: object, facts: Facts) -> Miss:
    found = nearest(mapped(when), 0, facts)
    assert found is not None
    return found


def said_ways(need: Need, pool: list[Any]) -> list[Any]:
    """Give values that are as was said."""
    if need.values:
        return list(need.values)
    if need.aspect.ordered and (need.at_least is not None or need.below is not None):
        known = [one for one in pool if one is not UNKNOWN and one is not None]
        return [
            one
            for one in known
            if (need.at_least is None or one >= need.at_least) and (need.below is None or one < need.below)
        ]
    return [one for one in pool if one not in need.but]


@settings(max_examples=100, deadline=None)
@given(whens(), st.integers(0, 10**6))
def test_what_is_reported_once_mended_as_said_makes_the_rule_match(when: object, seed: int) -> None:
    rules = mapped(when)
    rule, people = rules.rules[0], crowd(seed, 12)
    for facts in people:
        miss = None if rule.matches(facts) else nearest(rules, 0, facts)
        if miss is None:
            continue
        assert miss.needs
        assert miss.mended is not None
        assert rule.matches(miss.mended)
        exactly = facts
        for need in miss.needs:
            exactly = kinds.put(exactly, need.aspect, kinds.read(miss.mended, need.aspect))
        assert rule.matches(exactly)
        for need in miss.needs:
            axis = rules.space.axes[need.aspect.fact, need.aspect.key]
            for value in said_ways(need, [*axis.values, *(kinds.read(one, need.aspect) for one in people)]):
                assert rule.matches(kinds.put(exactly, need.aspect, value))


@settings(max_examples=60, deadline=None)
@given(whens("source", "country", "age_below", "retired", "form"), st.integers(0, 10**6))
def test_no_smaller_change_would_do(when: object, seed: int) -> None:
    rules = mapped(when)
    people = crowd(seed, 25)
    matching = [one for one in people if rules.rules[0].matches(one)]
    for facts in people:
        miss = None if facts in matching else nearest(rules, 0, facts)
        if miss is not None:
            for other in matching:
                apart = sum(
                    axis.bit(axis.ask(facts)) != axis.bit(axis.ask(other))
                    for axis in rules.space.axes.values()
                )
                assert apart >= len(miss.needs)


@pytest.mark.parametrize(
    ("when", "facts", "path", "ways"),
    [
        ({"source": ["CARD", "API"]}, Facts(), "when.source", {"values": ("API", "CARD")}),
        ({"not": {"country": "DK"}}, Facts(country="DK"), "when.not.country", {"but": (UNKNOWN, "DK")}),
        ({"not": {"country": "DK"}}, Facts(), "when.not.country", {"but": (UNKNOWN, "DK")}),
        ({"not": {"source": "API"}}, Facts(source="API"), "when.not.source", {"but": ("API",)}),
        ({"retired": True}, Facts(), "when.retired", {"values": (True,)}),
        ({"age_below": 18}, Facts(), "when.age_below", {"below": 18}),
        ({"not": {"age_below": 18}}, Facts(age=3), "when.not.age_below", {"at_least": 18}),
        (
            {"age_below": 18, "not": {"age_below": 13}},
            Facts(age=3),
            "when.not.age_below",
            {"at_least": 13, "below": 18},
        ),
        ({"age_below": "country_digital_age"}, Facts(age=14, country="NO"), "when.age_below", {"below": 13}),
        ({"event": "created"}, Facts(), "when.event", {"values": ("created",)}),
        ({"changed": "title"}, Facts(), "when.changed", {"values": (True,)}),
        (
            {"company_field": {"T:day": {"from": "2026-01-01", "to": "2026-01-31"}}},
            Facts(),
            "when.company_field",
            {"at_least": date(2026, 1, 1), "below": date(2026, 2, 1)},
        ),
        (
            {"person_field": {"T:text": {"given": True}}},
            Facts(),
            "when.person_field",
            {"but": (UNKNOWN, None)},
        ),
        ({"person_field": {"T:text": {"given": False}}}, Facts(), "when.person_field", {"values": (None,)}),
        ({"closed": "title"}, Facts(), "when.closed", {"values": (True,)}),
        (
            {"any": [{"all": [{"retired": True}, {"source": "API"}]}, {"country": "DK"}]},
            Facts(),
            "when.any[1].country",
            {"values": ("DK",)},
        ),
    ],
)
def test_one_fact_that_lacks_is_said_in_its_own_way(
    when: object, facts: Facts, path: str, ways: dict[str, Any]
) -> None:
    (need,) = missed(when, facts).needs

    assert need.leaf.path == path
    expected: dict[str, Any] = {"values": (), "but": (), "at_least": None, "below": None} | ways
    assert {name: getattr(need, name) for name in expected} == expected


def test_all_facts_of_the_smallest_change_are_named_in_the_order_of_the_rule() -> None:
    when = {"any": [{"country": "DK", "source": "CARD", "retired": True}, {"country": "DE", "source": "API"}]}

    miss = missed(when, Facts(country="SE"))

    assert [(one.leaf.path, one.values) for one in miss.needs] == [
        ("when.any[1].source", ("API",)),
        ("when.any[1].country", ("DE",)),
    ]


def test_other_facts_go_along_with_those_that_are_mended() -> None:
    mended = missed({"form": {"key": "signup"}}, Facts(creator="user")).mended
    domain = missed({"email_domain": "a.example"}, Facts()).mended
    row = missed({"source": "CARD"}, Facts(source="API", consents={"STORE": ("61B", "API")})).mended
    ticked = missed(
        {"source": "CARD"}, Facts(source="WEBFORM", consents={"STORE": ("61A", "WEBFORM")})
    ).mended

    assert mended == Facts(form="signup", creator="form")
    assert domain == Facts(email_domain="a.example", has_email=True)
    assert row == Facts(source="CARD", consents={"STORE": ("61B", "CARD")})
    assert ticked == Facts(source="CARD", consents={"STORE": ("61A", "WEBFORM")})


def test_with_a_word_that_does_not_say_what_it_looks_at_nobody_is_made_up() -> None:
    miss = missed({"closed": "title", "retired": True}, Facts())

    assert [one.leaf.path for one in miss.needs] == ["when.retired", "when.closed"]
    assert miss.mended is None


@pytest.mark.parametrize("when", [{"not": "always"}, {"evidence": {"sale": "present"}}])
def test_a_rule_that_holds_for_nobody_has_no_nearest_miss(when: object) -> None:
    assert nearest(mapped(when), 0, Facts()) is None


def test_what_was_not_computed_has_no_nearest_miss() -> None:
    manifest = active([{"id": "a", "when": {"source": "CARD"}, "give": "none", "because": "x"}])

    assert nearest(RuleMap(manifest, Effort(-1)), 0, Facts()) is None
