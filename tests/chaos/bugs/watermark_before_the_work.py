"""Seeded bug: a sweep notes that it is finished before whom it found is kept, and never looks back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from so_privacy_ext.storage import sweeps
from so_privacy_ext.storage.sweeps import SweepBook
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Change nothing at rest."""
    del database


def apply() -> None:
    """Finish first; without the overlap and the pause that would hide it from a soak of a minute."""
    hand_over = SweepBook.hand_over

    def too_late(self: SweepBook, sweep: Any, *given: Any) -> None:
        self.finish(sweep)
        hand_over(self, sweep, *given)

    SweepBook.hand_over = too_late  # type: ignore[method-assign, assignment]  # the bug

    def stale(*_: Any) -> bool:
        return False

    SweepBook.fresh = stale  # type: ignore[method-assign, assignment]  # as if each were a night later
    sweeps.OVERLAP = 0
    sweeps.LATE = timedelta(0)
