"""Finds the smallest change of facts by which a rule would hold for a person for whom it doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import itemgetter, or_
from typing import Any

from so_privacy_ext.rules.logic import Leaf
from so_privacy_ext.rules.reach import kinds
from so_privacy_ext.rules.reach.map import RuleMap, plainest
from so_privacy_ext.rules.reach.regions import Region
from so_privacy_ext.rules.reach.space import OPAQUE, Axis, Box, atom, leaves_of
from so_privacy_ext.rules.reach.together import rounded
from so_privacy_ext.sdk import Aspect, Facts


@dataclass(frozen=True, slots=True)
class Need:
    """One fact that would have to be otherwise; of the ways in which it could be, the one that is said."""

    leaf: Leaf
    """The word of the rule that asks for it."""
    aspect: Aspect
    found: Any
    """What it is; of a word that doesn't say what it looks at, whether it holds."""
    values: tuple[Any, ...] = ()
    """It would have to be one of these."""
    but: tuple[Any, ...] = ()
    """It would have to be anything but these."""
    at_least: Any = None
    """Of an ordered fact: it would have to be this or more."""
    below: Any = None
    """Of an ordered fact: it would have to be less than this."""


@dataclass(frozen=True, slots=True)
class Miss:
    """All that would have to be otherwise at once; no smaller change would do."""

    needs: tuple[Need, ...]
    mended: Facts | None
    """The person as she would have to be; None where a word doesn't say what it looks at."""


def nearest(rules: RuleMap, number: int, facts: Facts) -> Miss | None:
    """Give the nearest miss of a rule that doesn't hold; None if it holds for nobody or was not computed."""
    region, space = rules.where[number], rules.space
    if not region:
        return None
    point = space.point(facts)
    box = _nearest(rules, region, point)
    wishes = [(axis, *_wish(axis, box)) for axis in space.axes_beyond(point, box)]
    mended: Facts | None = facts
    for axis, _, value in wishes:
        mended = None if mended is None or axis.name[0] == OPAQUE else kinds.put(mended, axis.aspect, value)
    leaves = list(leaves_of(rules.rules[number].when))
    needs = []
    for axis, way, _ in wishes:
        at = _asker(leaves, axis, facts, mended)
        needs.append((at, Need(leaves[at], axis.aspect, axis.ask(facts), **way)))
    needs.sort(key=itemgetter(0))
    whole = None if mended is None else _together(rules, number, mended)
    return Miss(tuple(need for _, need in needs), whole)


def _nearest(rules: RuleMap, region: Region, point: Box) -> Box:
    """Give a box that a point is outside of on the fewest axes; if on one, with all values that do."""
    space = rules.space
    box = min(region, key=lambda one: space.beyond(point, one).bit_count())
    (axis, *others) = space.axes_beyond(point, box)
    if others:
        return box
    alike = (one for one in region if space.beyond(point, one) == space.beyond(point, box))
    return point & ~axis.all | reduce(or_, (one & axis.all for one in alike))


def _wish(axis: Axis, box: Box) -> tuple[dict[str, Any], Any]:
    """Say what a box allows on an axis, as a need does, and give one value that would do."""
    allowed = axis.within(box)
    if axis.aspect.ordered and (stretch := _stretch(axis, allowed)):
        begins = None if stretch[0] == axis.other else stretch[0]
        way = {"at_least": begins, "below": _after(axis, stretch[-1])}
        return way, stretch[0] if begins is not None else stretch[-1]
    if axis.other is not None and axis.other in allowed:
        return {"but": tuple(one for one in axis.values if one not in allowed)}, plainest(axis, box)
    named = tuple(one for one in allowed if one in axis.aspect.marks) or allowed
    return {"values": named}, plainest(axis, box)


def _stretch(axis: Axis, allowed: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give the first values that follow each other; those that say nothing are in no stretch."""
    found: list[Any] = []
    for value in _line(axis):
        if value in allowed:
            found.append(value)
        elif found:
            break
    return tuple(found)


def _after(axis: Axis, value: Any) -> Any:
    line = _line(axis)
    at = line.index(value) + 1
    return line[at] if at < len(line) else None


def _line(axis: Axis) -> tuple[Any, ...]:
    """Give the values that have an order, lowest first."""
    return axis.values[len(kinds.bare(axis.aspect)) :]


def _together(rules: RuleMap, number: int, mended: Facts) -> Facts:
    """Make other facts go with those that were mended, unless the rule would not hold then."""
    whole = rounded(mended)
    return whole if rules.rules[number].matches(whole) else mended


def _asker(leaves: list[Leaf], axis: Axis, facts: Facts, mended: Facts | None) -> int:
    """Give the place of the word that asks for a fact: of those that look at it, the first that is mended."""
    looking = [at for at, one in enumerate(leaves) if axis.name in set(_names(one))]
    changed = (
        []
        if mended is None
        else [at for at in looking if leaves[at].truth(facts) != leaves[at].truth(mended)]
    )
    return (changed or looking)[0]


def _names(leaf: Leaf) -> Iterator[tuple[str, str | None]]:
    if leaf.aspects is None:
        yield OPAQUE, atom(leaf)
    yield from ((one.fact, one.key) for one in leaf.aspects or ())
