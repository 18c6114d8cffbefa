"""A clock that ticks with real time and can be moved ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """The world's time; starts at real time."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, delta: timedelta) -> datetime:
        """Move ahead by `delta` (which may not be negative) and return the new time."""
        if delta < timedelta(0):
            raise ValueError("the clock only moves ahead")
        self.offset += delta
        return self.now()
