"""Reads the days and times that a command is given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

from so_privacy_ext.errors import Exit, Refused


@overload
def moment_of(text: str) -> datetime: ...
@overload
def moment_of(text: None) -> None: ...
@overload
def moment_of(text: str | None) -> datetime | None: ...
def moment_of(text: str | None) -> datetime | None:
    """Read a day or a time; a time without a zone is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("bad_date", f"{text!r} is no date", "write 2026-11-01", Exit.USAGE) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
