"""Seeded bug: the header `Succeeded` is not looked at."""

from __future__ import annotations

from typing import Any

from so_privacy_ext.superoffice import envelope
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Change nothing in the database."""
    del database


def apply() -> None:
    """Take every answer for a success."""

    def always(*given: Any) -> bool:
        del given
        return True

    envelope._succeeded = always  # type: ignore[assignment]  # the bug
