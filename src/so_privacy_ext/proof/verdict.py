"""Says whether a person's data may be used for a purpose at a moment, by the least that any row allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from so_privacy_ext.model import STORE, WITHDRAWN


class Why(StrEnum):
    """What the answer rests on; the first that holds."""

    STORE_WITHDRAWN = "store_withdrawn"
    """Which stops every purpose, whoever wrote it."""
    WITHDRAWN = "withdrawn"
    """This purpose stands so, or one that it is part of, whoever wrote it."""
    NOTHING_GIVEN = "nothing_given"
    """No row, or one without a basis: a purpose that this one is part of gives nothing to it."""
    EXPIRED = "expired"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer with its reason."""

    may: bool
    why: Why
    by: str
    """The purpose on whose row it rests."""
    ends_at: datetime | None = None
    """When what was given ended, or ends."""


def verdict(
    purpose: str,
    at: datetime,
    *,
    stands: Mapping[str, str],
    parents: Mapping[str, str | None],
    ends: Mapping[str, datetime],
) -> Verdict:
    """Judge a purpose at a moment: `stands` has bases by purpose, `ends` when what stands comes to an end.

    A withdrawal counts for all that is part of what was withdrawn; a grant for nothing but itself.
    """
    if stands.get(STORE) == WITHDRAWN:
        return Verdict(may=False, why=Why.STORE_WITHDRAWN, by=STORE)
    for one in line(purpose, parents):
        if stands.get(one) == WITHDRAWN:
            return Verdict(may=False, why=Why.WITHDRAWN, by=one)
    if not stands.get(purpose):
        return Verdict(may=False, why=Why.NOTHING_GIVEN, by=purpose)
    ends_at = ends.get(purpose)
    if ends_at is not None and ends_at <= at:
        return Verdict(may=False, why=Why.EXPIRED, by=purpose, ends_at=ends_at)
    return Verdict(may=True, why=Why.GIVEN, by=purpose, ends_at=ends_at)


def line(purpose: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    """Give a purpose and all that it is part of, nearest first."""
    one: str | None = purpose
    while one is not None:
        yield one
        one = parents.get(one)
