from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.reach.effort import MOST_STEPS, Effort
from so_privacy_ext.rules.reach.map import RuleMap
from so_privacy_ext.rules.reach.reachability import NOT_COMPUTED, Covered, Open, Reach, reach
from so_privacy_ext.rules.reach.together import possible
from so_privacy_ext.sdk import Facts
from tests.unit.rules.random_manifests import active, crowd, rules

NORDIC = Path(__file__).parents[4] / "manifests" / "rules" / "nordic-b2b.yaml"
FEW = (
    "source",
    "country",
    "age_below",
    "evidence",
    "language",
    "form",
    "creator",
    "has_email",
    "email_domain",
)


def named(found: Reach) -> dict[str, tuple[str, ...]]:
    return {purpose: fate.by for purpose, fate in found.covered.items()}


def small(*drawn: tuple[str, Any, Any]) -> ActiveManifest:
    return active([{"id": name, "when": when, "give": give, "because": "x"} for name, when, give in drawn])


def decides(manifest: ActiveManifest, facts: Facts) -> set[tuple[str, str]]:
    return {(one.rule_id, one.purpose) for one in decide(facts, manifest).decisions}


@pytest.mark.parametrize("words", [(), FEW])
def test_a_rule_called_unreachable_never_fires_and_any_other_has_a_witness(words: tuple[str, ...]) -> None:
    seen = {"covered": 0, "open": 0}

    @settings(max_examples=60, deadline=None)
    @given(rules(*words), st.integers(0, 10**6))
    def holds(drawn: list[dict[str, Any]], seed: int) -> None:
        manifest = active(drawn)
        firing = set().union(*(decides(manifest, one) for one in crowd(seed, 50)))
        for found in reach(manifest):
            for purpose, fate in found.purposes.items():
                if isinstance(fate, Covered):
                    seen["covered"] += 1
                    assert (found.rule_id, purpose) not in firing
                else:
                    seen["open"] += 1
                    assert isinstance(fate, Open)
                    assert fate.witness is not None
                    assert possible(fate.witness)
                    assert (found.rule_id, purpose) in decides(manifest, fate.witness)

    holds()
    assert min(seen.values()) > 20


@settings(max_examples=60, deadline=None)
@given(rules(*FEW))
def test_the_rules_that_are_named_cover_it_alone(drawn: list[dict[str, Any]]) -> None:
    for number, found in enumerate(reach(active(drawn))):
        for purpose, covered in found.covered.items():
            kept = [one for one in drawn[:number] if one["id"] in covered.by]
            again = reach(active([*kept, drawn[number]]))[-1]
            assert purpose in again.covered
            assert bool(covered.by) is not found.contradictory


def test_the_published_manifest_has_no_dead_rule() -> None:
    found = reach(resolve_alone(parse(NORDIC.read_bytes(), "nordic-b2b.yaml")))

    assert [one.rule_id for one in found if one.covered] == []


def test_a_rule_that_gives_another_purpose_than_those_above_lives() -> None:
    """The guest of an event wrote by a form too: first match is by purpose."""
    web = ("web-plain", {"source": ["WEBFORM", "API"]}, {"STORE": {"basis": "61F"}})
    guest = (
        "event-guest",
        {"source": "WEBFORM", "form": {"key": "signup"}},
        {"EMARKETING": {"basis": "61F"}},
    )

    assert not reach(small(web, guest))[1].covered
    assert named(reach(small(web, (guest[0], guest[1], web[2])))[1]) == {"STORE": ("web-plain",)}


def test_a_narrower_rule_below_a_wider_one_is_partly_unreachable() -> None:
    text = NORDIC.read_text("utf-8")
    plain, tick = text.index("  - id: web-plain"), text.index("  - id: web-tick")
    guest = text.index("  - id: event-guest")
    turned = text[:tick] + text[plain:guest] + text[tick:plain] + text[guest:]

    found = {one.rule_id: one for one in reach(resolve_alone(parse(turned.encode(), "turned.yaml")))}

    assert not found["web-tick"].unreachable
    assert named(found["web-tick"]) == {"STORE": ("web-plain",)}
    assert not found["web-plain"].covered


@pytest.mark.parametrize(
    "when",
    [
        {"all": [{"source": "CARD"}, {"source": "API"}]},
        {"country": "DK", "not": {"country": ["DK", "DE"]}},
        {"age_below": 13, "not": {"age_below": 18}},
        {"age_below": 13, "country": "DK", "not": {"age_below": "country_digital_age"}},
        {"language": "da", "country": "DE", "not": {"language": ["da", "en"]}},
        {"form": {"key": "signup"}, "creator": ["user", "us"]},
        {"has_email": False, "email_domain": "a.example"},
        {"source": "CARD", "evidence": {"tick": "STORE"}},
        {"evidence": {"sale": "present"}},
        {"not": "always"},
        {"closed": "a", "not": {"closed": "a"}},
        {"all": [{"any": [{"source": "CARD"}, {"retired": True}]}, {"source": "API"}, {"retired": False}]},
    ],
)
def test_conditions_that_contradict_each_other_hold_for_nobody(when: object) -> None:
    (found,) = reach(small(("a", when, "none")))

    assert found.contradictory
    assert found.unreachable
    assert found.purposes["STORE"] == Covered(())


@pytest.mark.parametrize(
    "when",
    [
        {"country": "DK", "language": "nb"},
        {"age_below": 14, "not": {"age_below": "country_digital_age"}},
        {"language": "da", "not": {"country": "DK"}},
        {"language": "en", "not": {"any": [{"country": "DK"}, {"country": "DE"}]}},
        {"form": {"key": "signup"}, "creator": "form"},
        {"source": "CARD", "evidence": {"tick": "EMARKETING"}},
        {"source": "API", "not": {"evidence": {"tick": "STORE"}}},
        {"not": {"source": "CARD"}, "event": "none"},
        {"all": [{"changed": "title"}, {"not": {"changed": "country_id"}}]},
    ],
)
def test_conditions_that_only_look_so_hold_for_somebody(when: object) -> None:
    manifest = small(("a", when, "review"))

    (found,) = reach(manifest)

    assert not found.covered
    for fate in found.purposes.values():
        assert isinstance(fate, Open)
        assert fate.witness is not None
        assert manifest.rules[0].matches(fate.witness)


def test_the_unknown_is_covered_by_neither_a_condition_nor_its_opposite() -> None:
    below = ("below", {"age_below": 18}, "none")
    above = ("above", {"not": {"age_below": 18}}, "none")

    *_, last = reach(small(below, above, ("rest", "always", "none")))

    fate = last.purposes["STORE"]
    assert isinstance(fate, Open)
    assert fate.witness == Facts()


def test_several_rules_can_cover_one_together_and_only_those_needed_are_named() -> None:
    found = reach(
        small(
            ("young", {"age_below": 18}, {"STORE": "none"}),
            ("us", {"creator": "us"}, {"STORE": "deny"}),
            ("old", {"not": {"age_below": 18}}, {"STORE": "none"}),
            ("staff", {"is_associate": True}, {"STORE": "keep"}),
            ("known", {"any": [{"age_below": 13}, {"not": {"age_below": 13}}]}, {"STORE": "review"}),
        )
    )

    assert named(found[-1]) == {"STORE": ("young", "old")}


def test_a_word_that_does_not_say_what_it_looks_at_may_hold_or_not() -> None:
    closed: tuple[str, Any, Any] = ("closed", {"closed": "a"}, {"STORE": "none"})
    found = reach(
        small(
            closed,
            ("again", {"closed": "a", "retired": True}, {"STORE": "deny"}),
            ("another", {"closed": "b"}, {"STORE": "deny"}),
            ("opposite", {"not": {"closed": "a"}}, {"STORE": "deny"}),
            ("rest", "always", {"STORE": "deny"}),
        )
    )

    assert [named(one) for one in found] == [{}, {"STORE": ("closed",)}, {}, {}, {}]
    assert found[0].purposes["STORE"] == Open(None)
    assert isinstance(found[-1].purposes["STORE"], Open)


def test_a_rule_for_a_purpose_that_may_not_be_decided_is_not_shown_with_a_withdrawal() -> None:
    (found,) = reach(small(("a", {"not": {"evidence": {"tick": ["STORE", "EMARKETING"]}}}, "none")))

    assert {type(one) for one in found.purposes.values()} == {Open}


def wide(parts: int) -> dict[str, Any]:
    """Ask for one of each of many pairs of columns: as boxes it takes two to the power of the pairs."""
    return {
        "all": [{"any": [{"changed": f"a{at}"}, {"changed": f"b{at}"}]} for at in range(parts)],
    }


def test_what_takes_too_long_is_called_so_and_never_concluded_from() -> None:
    hard = ("hard", wide(12), {"STORE": "none"})
    only = ("only", {"all": [wide(12), {"source": "CARD"}]}, {"STORE": "none"})
    easy = ("easy", {"source": "CARD"}, {"STORE": "none"})
    always: tuple[str, Any, Any] = ("always", "always", {"STORE": "none", "EMARKETING": "none"})

    found = reach(small(hard, only, easy, always))

    assert [one.purposes["STORE"] for one in found[:2]] == [NOT_COMPUTED, NOT_COMPUTED]
    assert not any(one.covered or one.contradictory for one in found)
    assert isinstance(found[2].purposes["STORE"], Open)
    assert isinstance(found[3].purposes["EMARKETING"], Open)


def test_a_witness_for_whom_a_rule_that_was_not_computed_holds_proves_nothing() -> None:
    hard = ("hard", {"any": [{"not": wide(40)}, wide(12)]}, {"STORE": "none"})

    assert reach(small(hard, ("easy", {"source": "CARD"}, {"STORE": "none"})))[1].purposes == {
        "STORE": NOT_COMPUTED
    }


@pytest.mark.parametrize("steps", [0, 1, 5, 20, 60, 200, 1000])
def test_with_little_effort_less_is_computed_and_nothing_differently(steps: int) -> None:
    manifest = resolve_alone(parse(NORDIC.read_bytes(), "nordic-b2b.yaml"))
    whole = reach(manifest)

    for little, full in zip(reach(manifest, RuleMap(manifest, Effort(steps))), whole, strict=True):
        for purpose, fate in little.purposes.items():
            assert fate is NOT_COMPUTED or type(fate) is type(full.purposes[purpose])


def test_who_covers_a_rule_is_named_with_little_effort_too_if_with_more_names_than_needed() -> None:
    manifest = small(
        ("young", {"age_below": 18}, {"STORE": "none"}),
        ("left", {"retired": True}, {"STORE": "none"}),
        ("old", {"not": {"age_below": 18}}, {"STORE": "none"}),
        ("known", {"any": [{"age_below": 13}, {"not": {"age_below": 13}}]}, {"STORE": "review"}),
    )
    names = set()
    for steps in range(20, 200):
        fate = reach(manifest, RuleMap(manifest, Effort(steps)))[-1].purposes["STORE"]
        if isinstance(fate, Covered):
            names.add(fate.by)

    assert ("young", "old") in names
    assert all({"young", "old"} <= set(one) for one in names)


def test_a_checkbox_is_ticked_or_not() -> None:
    found = reach(
        small(
            ("ticked", {"person_field": {"T:box": True}}, {"STORE": "none"}),
            ("not-ticked", {"person_field": {"T:box": False}}, {"STORE": "deny"}),
            (
                "both",
                {"person_field": {"T:box": True}, "not": {"person_field": {"T:box": [True, False]}}},
                "none",
            ),
        )
    )

    assert [one.contradictory for one in found] == [False, False, True]
    assert not found[0].covered
    assert not found[1].covered


def many(number: int) -> dict[str, Any]:
    """Draw a rule such as big tenants have: by source, country, age and event."""
    when: dict[str, Any] = {"country": chr(65 + number // 26 % 26) + chr(65 + number % 26)}
    if number % 3:
        when["source"] = ["CARD", "API", "WEBFORM"][: number % 3]
    if number % 5 == 0:
        when["not"] = {"any": [{"is_associate": True}, {"age_below": "country_digital_age"}]}
    if number % 7 == 0:
        when = {"any": [when, {"changed": f"column{number % 40}"}, {"language": "da", "retired": False}]}
    return {
        "id": f"r{number}",
        "when": when,
        "give": {"STORE": "review", "EMARKETING": "none"},
        "because": "x",
    }


@pytest.mark.parametrize(
    ("make", "computes"),
    [(many, True), (lambda number: many(number) | {"when": wide(1 + number % 6)}, False)],
)
def test_five_hundred_rules_are_computed_or_given_up_within_a_bounded_effort(
    make: Callable[[int], dict[str, Any]], computes: bool
) -> None:
    manifest = active([make(number) for number in range(500)])
    effort = Effort()

    found = reach(manifest, RuleMap(manifest, effort))

    computed = [fate is not NOT_COMPUTED for one in found for fate in one.purposes.values()]
    assert len(computed) == 1000
    assert all(computed) is computes
    assert any(computed)
    assert effort.spent < MOST_STEPS + 100_000
