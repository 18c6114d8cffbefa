"""Seeded bug: a worker takes a tenant's turn without asking whether another has it."""

from __future__ import annotations

from typing import Any

from so_privacy_ext.storage import turns
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Change nothing in the database."""
    del database


def apply() -> None:
    """Grant every turn."""

    def granted(*given: Any) -> bool:
        del given
        return True

    turns._lock = granted  # type: ignore[assignment]  # the bug
