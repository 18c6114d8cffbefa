"""Reads the days and times that a command is given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

from so_privacy_ext.errors import Exit, Refused

_FIRST_YEAR = 1900
"""Far enough from the first moment that the database can give back, in every zone."""
_HOW = "write a day or a time, such as 2026-11-01 or 2026-11-01T02:00"


@overload
def moment_of(text: str) -> datetime: ...
@overload
def moment_of(text: None) -> None: ...
@overload
def moment_of(text: str | None) -> datetime | None: ...
def moment_of(text: str | None) -> datetime | None:
    """Read a day or a time, from the year 1900 on, and give it in UTC; without a zone, it is UTC."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
        moment = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _bad(f"{text!r} is no date") from None
    if moment.year < _FIRST_YEAR:
        raise _bad(f"{text!r} lies before {_FIRST_YEAR}")
    return moment


def past_moment_of(text: str) -> datetime:
    """Read a moment that has been."""
    moment = moment_of(text)
    if moment > datetime.now(UTC):
        raise _bad(f"{text!r} is still to come")
    return moment


def refuse_backwards(since: datetime | None, until: datetime | None) -> None:
    """Refuse a stretch of time that ends where or before it begins, of which nothing could ever be found."""
    if since is not None and until is not None and until <= since:
        raise Refused(
            "bad_period",
            f"--to {until:%Y-%m-%dT%H:%M} is not after --from {since:%Y-%m-%dT%H:%M}",
            "name the earlier one by --from; a day alone is its first moment",
            Exit.USAGE,
        )


def _bad(what: str) -> Refused:
    return Refused("bad_date", what, _HOW, Exit.USAGE)
