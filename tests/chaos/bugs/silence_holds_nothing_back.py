"""Seeded bug: a rule that asks a plugin holds nothing back while the plugin says nothing."""

from __future__ import annotations

from typing import Any

from so_privacy_ext.rules import decide
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Change nothing at rest."""
    del database


def apply() -> None:
    """Take what is unknown for false."""

    def never(*_: Any) -> bool:
        return False

    setattr(decide, "could_be", never)  # noqa: B010 - it is imported there, not exported
