"""Looks for somebody who is in one box and in none of many others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from so_privacy_ext.rules.reach.effort import Effort
from so_privacy_ext.rules.reach.space import Box, Named, Space


@dataclass(frozen=True, slots=True)
class Search:
    """What came of it."""

    found: Box | None
    """A part of the box that no other meets; None if there is none."""
    used: frozenset[int] = frozenset()
    """Whose boxes were needed to cover all of it; more than the fewest possible, perhaps."""


def search(space: Space, box: Box, others: Sequence[Named], effort: Effort) -> Search:
    """Take the others away from a box, the one that leaves the least first; raises `TooComplex`.

    Exact: what is found is outside all others, and where nothing is found, they cover the box.
    """
    used: set[int] = set()
    waiting = [(box, others)]
    while waiting:
        rest, near = waiting.pop()
        effort.spend(len(near) + 1)
        near = space.meeting(rest, near)
        if not near:
            return Search(rest)
        nearest, whose = space.nearest(rest, near)
        used.add(whose)
        for axis in space.axes_beyond(rest, nearest):
            waiting.append((rest & ~(nearest & axis.all), near))
            rest &= nearest | ~axis.all
    return Search(None, frozenset(used))


def covered(space: Space, boxes: Iterable[Box], others: Sequence[Named], effort: Effort) -> bool:
    """Tell whether everybody in these boxes is in one of the others; raises `TooComplex`."""
    return all(search(space, box, others, effort).found is None for box in boxes)
