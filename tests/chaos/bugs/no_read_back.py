"""Seeded bug: whatever was asked of the CRM counts as done, and nobody looks."""

from __future__ import annotations

from typing import Any

from so_privacy_ext.errors import Retry
from so_privacy_ext.processing import writing
from so_privacy_ext.processing.case import Held
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Change nothing in the database."""
    del database


def apply() -> None:
    """Take every write for done, lost replies included."""
    asked = SuperOfficeCrm.set_consent

    def set_consent(self: SuperOfficeCrm, *given: Any, **named: Any) -> None:
        try:
            asked(self, *given, **named)
        except Retry:
            return

    def believe(*given: Any) -> Held:
        del given
        return Held.WRITTEN

    SuperOfficeCrm.set_consent = set_consent  # type: ignore[method-assign]  # the bug
    writing.judge = believe  # type: ignore[assignment]  # the bug
