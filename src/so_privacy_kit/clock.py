"""One clock for all: the CRM, the product and its database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from so_sandbox.world.world import World


class Clock:
    """Ticks with real time and can be moved ahead; at the beginning of a test it is right."""

    def __init__(self, world: World, moved: Callable[[timedelta], None] = lambda _: None) -> None:
        self._world = world
        self._moved = moved

    def now(self) -> datetime:
        """Give the time, aware and UTC."""
        return self._world.clock.now()

    def advance(self, period: timedelta | None = None, /, **parts: float) -> datetime:
        """Move ahead by a period, such as `days=30` or `minutes=5`, and give the time; nothing is done yet.

        What has become due by that, such as a sweep or the end of a consent, is done by the next `deliver()`.
        """
        now = self._world.clock.advance((period or timedelta(0)) + timedelta(**parts))
        self._moved(self._world.clock.offset)
        self._world.settle()
        return now
