"""The ladder: what was looked at, what was found, and which level follows from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import pytest

MARK = "so_conformance"
"""Names the mark of a check, and the property of a report that carries its `Point`."""


class Level(IntEnum):
    """What is granted; each asks for all of those below it."""

    NONE = 0
    BRONZE = 1
    """It is a plugin: whole, of its own, tested."""
    SILVER = 2
    """Whatever happens around it, it says nothing wrong."""
    GOLD = 3
    """It does what it is for, the same each time, and says why in words."""
    PLATINUM = 4
    """It may be published: told of, quick, in order with what SuperOffice asks."""

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was looked at."""

    code: str
    level: Level
    what: str
    met: bool
    found: str
    how: str = ""
    """What is to be done where it is not met."""


class Unmet(Exception):
    """A check found something that is not as it should be; says what, and what to do."""

    def __init__(self, found: str, how: str) -> None:
        super().__init__(f"{found}; {how}")
        self.found = found
        self.how = how


def check(level: Level, what: str) -> pytest.MarkDecorator:
    """Make a test one of the ladder's checks."""
    mark: pytest.MarkDecorator = getattr(pytest.mark, MARK)
    return mark(level, what)


def granted(points: Sequence[Point]) -> Level:
    """Give the highest level of which all is met, and all of those below; a level with no point is none."""
    reached = Level.NONE
    for level in list(Level)[1:]:
        mine = [one for one in points if one.level is level]
        if not mine or not all(one.met for one in mine):
            break
        reached = level
    return reached


def missing(points: Sequence[Point]) -> tuple[Level, Sequence[Point]]:
    """Give the next level and what is to be done for it; nothing where the highest is reached."""
    reached = granted(points)
    if reached is Level.PLATINUM:
        return reached, ()
    following = Level(reached + 1)
    return following, [one for one in points if one.level is following and not one.met]
