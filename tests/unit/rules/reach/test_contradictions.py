from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.rules.reach.contradictions import clash, idle
from so_privacy_ext.rules.reach.map import RuleMap
from so_privacy_ext.rules.reach.space import leaves_of
from tests.unit.rules.random_manifests import active, crowd, whens

FEW = ("source", "country", "age_below", "retired", "creator", "form")


CARD, API = {"source": "CARD"}, {"source": "API"}


def mapped(when: object) -> RuleMap:
    return RuleMap(active([{"id": "a", "when": when, "give": "none", "because": "x"}]))


@pytest.mark.parametrize(
    ("when", "paths"),
    [
        ({"evidence": {"sale": "present"}, "retired": True}, ["evidence"]),
        (
            {"all": [{"source": "CARD"}, {"retired": True}, {"source": "API"}]},
            ["all[0].source", "all[2].source"],
        ),
        (
            {"source": "CARD", "not": {"any": [{"country": "DK"}, {"source": "CARD"}]}},
            ["source", "not.any[1].source"],
        ),
        ({"any": [{"not": "always"}, {"evidence": {"sale": "present"}}]}, []),
        ({"not": "always"}, []),
        ({"retired": True, "any": [{"all": [{"source": "CARD"}, {"source": "API"}]}]}, ["source"]),
    ],
)
def test_the_words_that_exclude_each_other_are_named(when: object, paths: list[str]) -> None:
    rules = mapped(when)

    found = [one.path for one in clash(rules, rules.rules[0].when)]

    if paths == ["source"]:
        assert found == ["when.any[0].all[0].source", "when.any[0].all[1].source"]
    else:
        assert found == [f"when.{one}" for one in paths]


@pytest.mark.parametrize(
    ("when", "alternatives"),
    [
        ({"source": "CARD", "any": [{"source": "API"}, {"country": "DK"}]}, [["when.any[0].source"]]),
        ({"any": [{"source": "API"}, {"evidence": {"sale": "present"}}]}, [["when.any[1].evidence"]]),
        ({"any": [{"country": "DK"}, {"country": "DE"}]}, []),
        (
            {"not": {"all": [{"retired": True}, {"not": {"evidence": {"sale": "present"}}}]}},
            [["when.not.all[1].not.evidence"]],
        ),
        (
            {"any": [{"source": "CARD", "any": [{"source": "API"}, {"retired": True}]}, {"country": "DK"}]},
            [["when.any[0].any[0].source"]],
        ),
    ],
)
def test_an_alternative_that_never_holds_where_it_stands_is_found(
    when: object, alternatives: list[list[str]]
) -> None:
    rules = mapped(when)

    found = idle(rules, rules.rules[0].when, (rules.space.everybody,))

    assert [[leaf.path for leaf in leaves_of(part)] for part, _ in found] == alternatives


@settings(max_examples=60, deadline=None)
@given(whens(*FEW), st.integers(0, 10**6))
def test_an_idle_alternative_is_as_wanted_for_nobody_for_whom_all_holds(when: Any, seed: int) -> None:
    rules = mapped(when)
    whole = rules.rules[0].when
    found = list(idle(rules, whole, (rules.space.everybody,)))
    for facts in crowd(seed, 50):
        if whole.truth(facts):
            assert all(part.truth(facts) is not wanted for part, wanted in found)


@settings(max_examples=60, deadline=None)
@given(st.lists(whens("source", "country", "creator", "form"), min_size=2, max_size=4), st.integers(0, 10**6))
def test_the_words_of_a_clash_stand_in_what_never_holds(parts: list[Any], seed: int) -> None:
    rules = mapped({"all": parts})
    whole = rules.rules[0].when
    if rules.somebody(rules.regions.where(whole)) is None:
        paths = {one.path for one in clash(rules, whole)}
        kept = [part for at, part in enumerate(parts) if any(f"all[{at}]" in one for one in paths)]

        assert kept
        (rule,) = mapped({"all": kept}).rules
        assert not any(rule.matches(facts) for facts in crowd(seed, 50))
