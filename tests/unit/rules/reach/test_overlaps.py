from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.model import Outcome
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.reach.effort import Effort
from so_privacy_ext.rules.reach.map import RuleMap
from so_privacy_ext.rules.reach.overlaps import exceptions, overlaps
from tests.unit.rules.random_manifests import active, crowd, rules

FEW = ("source", "country", "age_below", "retired", "form")


def made(*drawn: tuple[Any, Any]) -> ActiveManifest:
    return active(
        [
            {"id": f"r{at}", "when": when, "because": "x"} | (give if "give" in give else {"give": give})
            for at, (when, give) in enumerate(drawn)
        ]
    )


GIVES, OTHER, KEEPS = {"STORE": {"basis": "61F"}}, {"STORE": {"basis": "61B"}}, {"STORE": "keep"}
DK, CARD = {"country": "DK"}, {"source": "CARD"}


def pairs(manifest: ActiveManifest) -> list[tuple[int, int, str]]:
    return [(one.upper, one.lower, one.purpose) for one in overlaps(RuleMap(manifest))]


@pytest.mark.parametrize(
    ("drawn", "found"),
    [
        ([(DK, GIVES), (CARD, OTHER)], [(0, 1, "STORE")]),
        ([(DK, GIVES), (CARD, KEEPS)], [(0, 1, "STORE")]),
        ([(DK, {"STORE": {"basis": "61F", "expires": "P1Y"}}), (CARD, GIVES)], [(0, 1, "STORE")]),
        ([(DK, GIVES), (CARD, GIVES)], []),
        ([(DK, KEEPS), (CARD, GIVES)], []),
        ([(DK, GIVES), (CARD, {"EMARKETING": {"basis": "61A"}})], []),
        ([({**DK, **CARD}, GIVES), (CARD, OTHER)], []),
        ([(CARD, GIVES), ({**DK, **CARD}, OTHER)], []),
        ([({"source": "API"}, GIVES), (CARD, OTHER)], []),
        ([({**DK, **CARD}, KEEPS), (DK, GIVES), (CARD, OTHER)], []),
        ([({"closed": "a"}, GIVES), (CARD, OTHER)], []),
        ([({"any": [{"closed": "a"}, DK]}, GIVES), (CARD, OTHER)], [(0, 1, "STORE")]),
    ],
)
def test_rules_overlap_where_the_upper_gives_what_the_lower_would_not(
    drawn: list[tuple[Any, Any]], found: list[tuple[int, int, str]]
) -> None:
    assert pairs(made(*drawn)) == found


def test_of_several_above_the_first_is_given_that_nobody_excuses() -> None:
    rules = RuleMap(made((DK, GIVES), ({"retired": True}, GIVES), (CARD, OTHER)))

    assert [(one.upper, one.lower) for one in overlaps(rules)] == [(0, 2)]
    assert [(one.upper, one.lower) for one in overlaps(rules, lambda upper, _: upper == 0)] == [(1, 2)]


@settings(max_examples=60, deadline=None)
@given(rules(*FEW))
def test_for_the_witness_both_hold_and_the_upper_decides(drawn: list[dict[str, Any]]) -> None:
    manifest = active(drawn)
    for one in overlaps(RuleMap(manifest)):
        upper, lower = manifest.rules[one.upper], manifest.rules[one.lower]
        decided = {each.purpose: each for each in decide(one.witness, manifest).decisions}

        assert upper.matches(one.witness)
        assert lower.matches(one.witness)
        assert decided[one.purpose].rule_id == upper.rule_id
        assert decided[one.purpose].outcome is Outcome.GIVE


@pytest.mark.parametrize(
    ("drawn", "found"),
    [
        ([(CARD, GIVES), ({**DK, **CARD}, OTHER)], [(0, 1)]),
        ([(CARD, GIVES), (DK, GIVES), ({**DK, **CARD}, OTHER)], [(0, 2)]),
        ([({**DK, **CARD}, OTHER), (CARD, GIVES)], []),
        ([({"not": "always"}, GIVES), (CARD, OTHER)], []),
        ([(CARD, GIVES), (CARD, OTHER)], []),
        ([(CARD, GIVES), ({**DK, **CARD}, {"EMARKETING": "keep"})], []),
        ([(CARD, {"give": GIVES, "tell": "notice"}), ({**DK, **CARD}, {"EMARKETING": "keep"})], []),
        (
            [
                (CARD, {"give": GIVES, "tell": "notice"}),
                ({**DK, **CARD}, {"give": {"EMARKETING": "keep"}, "tell": "other"}),
            ],
            [(0, 1)],
        ),
        ([(CARD, GIVES), ({"all": [CARD, {"source": "API"}]}, OTHER)], []),
    ],
)
def test_an_exception_below_its_rule_is_found_if_it_loses_by_that(
    drawn: list[tuple[Any, Any]], found: list[tuple[int, int]]
) -> None:
    assert [(one.upper, one.lower) for one in exceptions(RuleMap(made(*drawn)))] == found


@settings(max_examples=40, deadline=None)
@given(rules(*FEW), st.integers(0, 10**6))
def test_an_exception_holds_for_nobody_else(drawn: list[dict[str, Any]], seed: int) -> None:
    manifest = active(drawn)
    for one in exceptions(RuleMap(manifest)):
        for facts in crowd(seed, 50):
            if manifest.rules[one.lower].matches(facts):
                assert manifest.rules[one.upper].matches(facts)


@pytest.mark.parametrize("steps", range(0, 60, 3))
def test_what_takes_too_long_is_not_claimed(steps: int) -> None:
    manifest = made((CARD, GIVES), (DK, OTHER), ({**DK, **CARD}, KEEPS))
    few = RuleMap(manifest, Effort(steps))

    assert {(one.upper, one.lower) for one in overlaps(few)} <= {(0, 1)}
    assert {(one.upper, one.lower) for one in exceptions(few)} <= {(0, 2)}
