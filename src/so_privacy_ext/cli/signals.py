"""SIGTERM and Ctrl-C for the commands that run until they are told to end."""

from __future__ import annotations

import time
from signal import SIGINT, SIGTERM, Signals, signal
from types import FrameType

_LOOK = 0.1


class Told:
    """Notes both signals from now on, however often they come.

    Without a lock or a `threading.Event`: a handler may interrupt the very code that holds the lock, be it a
    handler that came a moment before.
    """

    def __init__(self) -> None:
        self._came: list[Signals] = []
        for number in (SIGTERM, SIGINT):
            signal(number, self._note)

    @property
    def first(self) -> Signals | None:
        """Give the first that came."""
        return self._came[0] if self._came else None

    def wait(self, seconds: float) -> Signals | None:
        """Wait for one at the most so long."""
        until = time.monotonic() + seconds
        while self.first is None and time.monotonic() < until:
            time.sleep(_LOOK)
        return self.first

    def _note(self, number: int, _: FrameType | None) -> None:
        self._came.append(Signals(number))
