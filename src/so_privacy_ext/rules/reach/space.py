"""The space of all persons that conditions can tell apart, as boxes of bits.

Every fact that a condition looks at is an axis, and each value that any condition tells from others has one
bit on it, so that finitely many persons stand for all. A box is a whole number that has, on each axis, a bit
for each value it allows; the persons in it are all combinations of these. One spare bit above each axis makes
the questions that are asked most often (does a box hold anybody, does it lie within another) a few operations
on whole numbers, however many axes there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from so_privacy_ext.rules.logic import Leaf, Not, Part
from so_privacy_ext.rules.reach import kinds
from so_privacy_ext.sdk import Aspect, Facts

Box = int
Named = tuple[Box, int]
"""A box, and the number of whoever brought it."""
Name = tuple[str, str | None]
OPAQUE = "<opaque>"
"""The fact of an axis that is not a fact: whether a word holds that doesn't say what it looks at."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One fact, with one value for all that no condition tells apart."""

    name: Name
    """The fact and its entry; of an opaque word, `OPAQUE` and the word with its argument."""
    aspect: Aspect
    """With the marks of all conditions."""
    values: tuple[Any, ...]
    """Of an opaque word: True, None, False."""
    first: int
    """The place of the first value's bit."""
    ask: Callable[[Facts], Any]
    """Gives the value that facts have, as it is."""
    other: Any = None
    """The value that stands for all that are none of the marks."""
    bits: Mapping[Any, Box] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        bits = {value: 1 << (self.first + at) for at, value in enumerate(self.values)}
        object.__setattr__(self, "bits", bits)

    @property
    def all(self) -> Box:
        """The bits of all its values."""
        return ((1 << len(self.values)) - 1) << self.first

    def bit(self, value: Any) -> Box:
        """Give the bit of the value that stands for this one."""
        known = self.bits.get(value)
        return self.bits[stand_in(self.aspect, self.values, value)] if known is None else known

    def within(self, box: Box) -> tuple[Any, ...]:
        """Give the values that a box allows."""
        return tuple(one for at, one in enumerate(self.values) if box >> (self.first + at) & 1)


class Space:
    """All axes side by side."""

    def __init__(self, parts: Iterable[Part], bound: Iterable[Sequence[Name]] = ()) -> None:
        """Where conditions look at one of the facts that are bound to each other, the others are axes too."""
        leaves = {atom(leaf): leaf for part in parts for leaf in leaves_of(part)}
        self.axes: Mapping[Name, Axis] = {axis.name: axis for axis in _axes(leaves, bound)}
        self.everybody: Box = sum(axis.all for axis in self.axes.values())
        self._spare = sum(1 << axis.first + len(axis.values) for axis in self.axes.values())
        self._by_spare = {1 << axis.first + len(axis.values): axis for axis in self.axes.values()}

    def holds_nobody(self, box: Box) -> bool:
        """Tell whether a box has no value left on some axis."""
        return (box + self.everybody) & self._spare != self._spare

    def beyond(self, box: Box, other: Box) -> Box:
        """Give the spare bits of the axes on which a box, not empty, goes beyond another."""
        return ((box & ~other) + self.everybody) & self._spare

    def meeting(self, box: Box, others: Iterable[Named]) -> list[Named]:
        """Give those who have somebody in common with a box."""
        everybody, spare = self.everybody, self._spare  # as `holds_nobody`, without a call for each of many
        return [one for one in others if (one[0] & box) + everybody & spare == spare]

    def nearest(self, box: Box, others: Sequence[Named]) -> Named:
        """Give the first of those that a box, not empty, goes beyond on the fewest axes."""
        everybody, spare = self.everybody, self._spare  # as `beyond`, without a call for each of many
        fewest, nearest = len(self.axes) + 1, others[0]
        for one in others:
            axes = ((box & ~one[0]) + everybody & spare).bit_count()
            if axes < fewest:
                fewest, nearest = axes, one
                if not axes:
                    break
        return nearest

    def axes_beyond(self, box: Box, other: Box) -> Iterator[Axis]:
        """Give the axes on which a box, not empty, goes beyond another."""
        spare = self.beyond(box, other)
        while spare:
            lowest = spare & -spare
            yield self._by_spare[lowest]
            spare ^= lowest

    def only(self, axis: Axis, values: Box) -> Box:
        """Give the box of everybody with these values on one axis."""
        return self.everybody & ~axis.all | values

    def point(self, facts: Facts) -> Box:
        """Give the box of just those whom no condition tells from a person."""
        return sum(axis.bit(axis.ask(facts)) for axis in self.axes.values())


def stand_in(aspect: Aspect, values: tuple[Any, ...], value: Any) -> Any:
    """Give the one of the values that stands for this value.

    `values` are the empty ones, one that is none of the marks, and the marks; of an ordered aspect in order.
    """
    if aspect.fact == OPAQUE or kinds.closed(aspect) is not None or value in kinds.bare(aspect):
        return value
    at = len(kinds.bare(aspect))
    if aspect.ordered:
        return max((one for one in values[at + 1 :] if one <= value), default=values[at])
    return value if value in values[at + 1 :] else values[at]


def values_of(aspect: Aspect, other: Any) -> tuple[Any, ...]:
    """Give the values by which an aspect is told apart; `other` stands for what is none of the marks."""
    few = kinds.closed(aspect)
    if few is not None:
        return few
    marks = sorted(aspect.marks) if aspect.ordered else sorted(aspect.marks, key=repr)
    return (*kinds.bare(aspect), other, *(one for one in marks if one != other))


def leaves_of(part: Part) -> Iterator[Leaf]:
    """Give all condition words of a part."""
    if isinstance(part, Leaf):
        yield part
        return
    for one in [part.part] if isinstance(part, Not) else part.parts:
        yield from leaves_of(one)


def atom(leaf: Leaf) -> str:
    """Name a word with its argument."""
    return f"{leaf.condition.word}: {leaf.condition.model_dump_json()}"


def _axes(leaves: Mapping[str, Leaf], bound: Iterable[Sequence[Name]]) -> Iterator[Axis]:
    marks: dict[Name, tuple[Aspect, set[Any]]] = {}
    first = 0
    for name, leaf in leaves.items():
        if leaf.aspects is None:
            yield Axis((OPAQUE, name), Aspect(OPAQUE, name), (True, None, False), first, leaf.truth)
            first += 4
        for aspect in leaf.aspects or ():
            marks.setdefault((aspect.fact, aspect.key), (aspect, set()))[1].update(aspect.marks)
    for names in bound:
        if not marks.keys().isdisjoint(names):
            marks = {name: (Aspect(*name), set()) for name in names} | marks
    for (fact, key), (aspect, found) in marks.items():
        whole = Aspect(fact, key, frozenset(found), ordered=aspect.ordered)
        other = None if kinds.closed(whole) is not None else kinds.other(whole, whole.marks)
        values = values_of(whole, other)
        yield Axis((fact, key), whole, values, first, _reader(whole), other)
        first += len(values) + 1


def _reader(aspect: Aspect) -> Callable[[Facts], Any]:
    return lambda facts: kinds.read(facts, aspect)
