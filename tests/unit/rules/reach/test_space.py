from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from so_privacy_ext.model import FieldKind, UserField
from so_privacy_ext.rules.conditions import when_type
from so_privacy_ext.rules.logic import Leaf, Part, ready
from so_privacy_ext.rules.reach import kinds
from so_privacy_ext.rules.reach.effort import Effort, TooComplex
from so_privacy_ext.rules.reach.regions import Regions
from so_privacy_ext.rules.reach.space import OPAQUE, Space, leaves_of, stand_in, values_of
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.sdk import UNKNOWN, Aspect, Condition, Facts, Ground, Predicate, Reference, ReferenceKind
from tests.unit.rules.random_manifests import ARGUMENTS, WORDS, crowd, whens

_kinds: dict[str, ReferenceKind] = {"person": "person_field", "company": "company_field"}
IDS = {Reference("category", "Customer"): 2, Reference("business", "Sole trader"): 1}
"""`Prospect` and `Boss` are lost."""
USER_FIELDS = [
    UserField("person", "T:text", "Colour", FieldKind.TEXT, "a"),
    UserField("person", "T:number", "Number", FieldKind.NUMBER, "b"),
    UserField("person", "T:box", "Box", FieldKind.CHECKBOX, "c"),
    UserField("company", "T:day", "Day", FieldKind.DAY, "d"),
    UserField("company", "T:item", "Item", FieldKind.ITEM, "e", {1: "One"}),
]
"""Of the list, the item `Two` is lost."""
GROUND = Ground(
    "DK",
    "en",
    IDS,
    {Reference(_kinds[one.owner], one.prog_id): one for one in USER_FIELDS},
)


def part(when: object) -> Part:
    return ready(TypeAdapter(when_type(WORDS)).validate_python(when), GROUND)


@pytest.mark.parametrize("word", [one.word for one in PRODUCT_WORDS])
def test_every_word_says_all_that_it_looks_at(word: str) -> None:
    """Persons who are alike in what a word names are alike to the word, whatever else they are."""

    @settings(max_examples=20, deadline=None)
    @given(ARGUMENTS[word], st.integers(0, 10**6))
    def holds(argument: object, seed: int) -> None:
        leaf = part({word: argument})
        assert isinstance(leaf, Leaf)
        assert leaf.aspects is not None
        for facts in crowd(seed, 30):
            plain = Facts()
            for aspect in leaf.aspects:
                other = None if kinds.closed(aspect) else kinds.other(aspect, aspect.marks)
                value = stand_in(aspect, values_of(aspect, other), kinds.read(facts, aspect))
                plain = kinds.put(plain, aspect, value)
            assert leaf.truth(plain) is leaf.truth(facts)

    holds()


@pytest.mark.parametrize(
    ("test", "true"),
    [
        ({"from": "9999-12-31"}, [date.max]),
        ("9999-12-31", [date.max]),
        ({"to": "0001-01-01"}, [date.min]),
        ({"from": "0001-01-01", "to": "9999-12-30"}, [date.min, date(9999, 12, 30)]),
    ],
)
def test_the_first_and_the_last_day_have_nothing_beyond(test: object, true: list[date]) -> None:
    made = part({"company_field": {"T:day": test}})
    space = Space([made])
    for day in [date.min, date(9999, 12, 30), date.max]:
        point = space.point(Facts(fields={"company/T:day": day}))
        inside = any(not space.holds_nobody(box & point) for box in Regions(space, Effort()).where(made))
        assert inside is (day in true)


def test_every_word_has_an_argument_here() -> None:
    assert {one.word for one in PRODUCT_WORDS} == ARGUMENTS.keys()


@settings(max_examples=60, deadline=None)
@given(whens(), st.integers(0, 10**6))
def test_a_part_is_true_for_just_those_in_its_boxes(when: object, seed: int) -> None:
    made = part(when)
    space = Space([made])
    regions = Regions(space, Effort())
    for facts in crowd(seed, 30):
        point = space.point(facts)
        for truth in (True, False):
            inside = any(not space.holds_nobody(box & point) for box in regions.where(made, truth))
            assert inside is (made.truth(facts) is truth)


@given(st.integers(0, 10**6))
def test_a_value_that_is_put_is_read_and_changes_nothing_else(seed: int) -> None:
    dice = Random(seed)
    (facts,) = crowd(seed, 1)
    for aspect, value in [
        (Aspect("country"), "FI"),
        (Aspect("consents", "STORE"), ("61B", "CARD")),
        (Aspect("consents", "STORE"), UNKNOWN),
        (Aspect("changed", "title"), dice.random() < 0.5),
        (Aspect("wordings", "STORE"), dice.random() < 0.5),
        (Aspect("age"), 30),
    ]:
        other = kinds.put(facts, aspect, value)

        assert kinds.read(other, aspect) == value
        assert replace(other, **{aspect.fact: getattr(facts, aspect.fact)}) == facts


def test_every_fact_has_a_value_that_no_condition_names() -> None:
    for one in fields(Facts):
        if one.name in {"event", "creator"} or isinstance(getattr(Facts(), one.name), bool | frozenset):
            continue
        aspect = Aspect(one.name, "KEY")
        other = kinds.other(aspect, frozenset())
        again = kinds.other(aspect, frozenset({other}))
        assert again not in {other, *kinds.bare(aspect)} or one.name == "age"


@pytest.mark.parametrize(
    ("marks", "ordered", "other"),
    [
        ({"a", "b"}, False, "other1"),
        ({"other1"}, False, "other2"),
        ({True}, False, False),
        ({True, False}, False, 2),
        ({3, 1}, False, 2),
        ({3, 1.5}, True, 0.5),
        ({date(2026, 1, 1), date(2027, 1, 1)}, True, date(2025, 12, 31)),
        ({date.min, date(2027, 1, 1)}, True, date.min),
        ((), True, 0),
    ],
)
def test_a_field_of_the_tenants_own_has_an_other_value_of_its_kind(
    marks: Iterable[Any], ordered: bool, other: object
) -> None:
    aspect = Aspect("partners", "KEY", frozenset(marks), ordered=ordered)

    assert kinds.other(replace(aspect, fact="form"), aspect.marks) == other


def test_a_word_that_says_nothing_is_an_axis_of_its_own() -> None:
    made = part({"closed": "title", "any": [{"closed": "title"}, {"closed": "x"}], "retired": True})
    space = Space([made])

    assert [one for one in space.axes if one[0] == OPAQUE] == [
        (OPAQUE, 'closed: "title"'),
        (OPAQUE, 'closed: "x"'),
    ]
    assert len(list(leaves_of(made))) == 4
    (box,) = Regions(space, Effort()).where(made)
    assert not space.holds_nobody(box & space.point(Facts(changed=frozenset({"title"}), retired=True)))
    assert space.holds_nobody(box & space.point(Facts(retired=True)))


class Wide(Condition[str]):
    """Tells apart more persons than can be tried."""

    word = "wide"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("changed", f"column{at}") for at in range(13))

    def prepare(self, _ground: Ground, /) -> Predicate:
        return Predicate(lambda facts: len(facts.changed) % 2 == 0, lambda facts: facts.changed)


def test_a_word_of_too_many_combinations_is_not_computed() -> None:
    made = ready(TypeAdapter(when_type((Wide,))).validate_python({"wide": "x"}), GROUND)

    with pytest.raises(TooComplex):
        Regions(Space([made]), Effort()).where(made)


@settings(max_examples=25, deadline=None)
@given(st.lists(whens(), min_size=2, max_size=6))
def test_many_boxes_are_looked_at_as_each_alone(found: list[Any]) -> None:
    parts = [part(one) for one in found]
    space = Space(parts)
    regions = Regions(space, Effort())
    boxes = [(box, at) for at, one in enumerate(parts) for box in regions.where(one)]
    named = [(space.everybody, len(parts)), *boxes]

    for box, _ in boxes:
        assert space.meeting(box, named) == [one for one in named if not space.holds_nobody(one[0] & box)]
        others = named[::-1]
        assert space.nearest(box, others) == min(
            others, key=lambda one: space.beyond(box, one[0]).bit_count()
        )
