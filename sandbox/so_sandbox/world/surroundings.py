"""What all tenants of one world share: its lock, its clock, its switches, who listens to its events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from so_sandbox.world.clock import Clock
from so_sandbox.world.switches import Switches


class Surroundings:
    """One lock for every change; what was announced during a change is told after it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.switches = Switches()
        self._depth = 0
        self._announced: list[Callable[[], None]] = []

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock; when the outermost change is over, tell what was announced, in order."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                told = self._announced if self._depth == 0 else []
                if self._depth == 0:
                    self._announced = []
        for tell in told:
            tell()

    def announce(self, tell: Callable[[], None]) -> None:
        """Tell this after the outermost change; may only be called within one."""
        self._announced.append(tell)
