"""The plugin of the soak: it knows two words, a fact and a source, and fails at random in every way it can.

What it says when it says something follows from a person's country alone, so that the oracle knows it.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from so_privacy_ext import Condition, Extension, Facts, Proposal, Seen, Truth

BARRED, GUESTS = ("SE", "DE"), ("DK", "SE")
"""Whose persons must be held back, and whose are given more."""
PROPOSED = "FAIR"
"""The source of all of whom the CRM knows none."""
_LONG = 600.0
_HUGE = 40_000_000


class Settings(BaseModel):
    seed: int = 0
    percent: int = 20
    """Of all slices, those at which it fails."""


ext = Extension("moody", version="1", says="Knows whom to hold back, on good days.", settings=Settings)


class _Mood:
    """What goes wrong with the slice that is asked about now."""

    def __init__(self) -> None:
        self._rng: random.Random | None = None
        self._ways: dict[str, str] = {}
        """Where it fails, and how."""

    def draw(self, settings: Settings) -> None:
        """Draw where and how it fails this time; each process of its own, as numbered by the system."""
        self._rng = rng = self._rng or random.Random(f"{settings.seed} {os.getpid()}")
        self._ways.clear()
        for places in _PLACES:
            if rng.random() * 100 < settings.percent:
                self._ways[rng.choice(places)] = rng.choice(list(_WAYS))

    def fail(self, at: str) -> object:
        """Fail if it is to fail here, in the way drawn; give nonsense, or None to go on."""
        way = self._ways.get(at)
        if way is None or self._rng is None:
            return None
        if way in {"raise", "junk"} and at != "facts" and self._rng.random() < 0.5:
            return None  # one person is answered for, another is not
        return _WAYS[way]()


def _raise() -> object:
    raise RuntimeError("moody")


def _sleep() -> object:
    time.sleep(_LONG)
    return "too late"


def _end() -> object:
    os._exit(3)


def _babble() -> object:
    """Write into the middle of the conversation what is no message, as a library may that prints."""
    os.write(int(sys.argv[1]), b"\xff" * 64)
    return "nonsense"


_WAYS = {
    "raise": _raise,
    "sleep": _sleep,
    "junk": lambda: ["nonsense"],
    "end": _end,
    "huge": lambda: "x" * _HUGE,
    "babble": _babble,
}
_PLACES = (("facts", "condition"), ("source",))
"""One of the first in each slice that it fails at; sources are asked for few, and fail as often."""
_MOOD = _Mood()


@ext.facts("country")
def country(persons: Sequence[Seen], settings: Settings) -> Mapping[int, Mapping[str, str]]:
    _MOOD.draw(settings)
    nonsense = _MOOD.fail("facts")
    if nonsense is not None:
        return nonsense  # type: ignore[return-value]  # that is the point
    return {one.person_id: {"country": str(one.facts.country)} for one in persons}


@ext.detect_source(reasons={"fair": {"en": "we have met nobody elsewhere"}})
def source(facts: Facts) -> Proposal | None:
    nonsense = _MOOD.fail("source")
    if nonsense is not None:
        return nonsense  # type: ignore[return-value]  # as above
    return Proposal(PROPOSED, 0.9, "fair") if facts.source in {None, "", "UNKNOWN"} else None


class _OfCountries(Condition[bool]):
    def _is_in(self, facts: Facts, countries: Sequence[str]) -> Truth:
        nonsense = _MOOD.fail("condition")
        if nonsense is not None:
            return nonsense  # type: ignore[return-value]  # as above
        found = facts.further.get("moody.country")
        return None if found is None else (found in countries) is self.root


@ext.condition
class Barred(_OfCountries):
    """Whether the person must be held back."""

    word = "moody.barred"

    def holds(self, facts: Facts, /) -> Truth:
        return self._is_in(facts, BARRED)


@ext.condition
class Guest(_OfCountries):
    """Whether the person may be given more."""

    word = "moody.guest"

    def holds(self, facts: Facts, /) -> Truth:
        return self._is_in(facts, GUESTS)
