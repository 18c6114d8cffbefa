"""Seeded bug: whoever is not let in is told 410, which has the CRM disable a webhook at once."""

from __future__ import annotations

from so_privacy_ext.web import answers
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Change nothing at rest."""
    del database


def apply() -> None:
    """Say that the address is gone for ever."""
    answers.UNAUTHORIZED = answers.error(410, "gone", "0" * 32)
