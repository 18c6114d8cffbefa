"""Seeded bug: where a plugin fails, the events that it was asked about are given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from so_privacy_ext.model import InboxEvent, PersonId
from so_privacy_ext.plugins.asking import Asking
from so_privacy_ext.plugins.troubles import PluginFailed, Trouble
from so_privacy_ext.processing import drain
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.work import Work
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Change nothing at rest."""
    del database


def apply() -> None:
    """Let a failure out of the asking, and end the whole slice by a reason that looks harmless."""
    decided = drain._decide

    def raising(self: Asking, trouble: Trouble) -> None:
        del self
        raise PluginFailed(trouble)

    def giving_up(
        work: Work, waiting: Mapping[PersonId, Sequence[InboxEvent]], *given: Any
    ) -> Sequence[Case]:
        try:
            return decided(work, waiting, *given)
        except PluginFailed:
            events = [event.inbox_id for events in waiting.values() for event in events]
            work.ledgers.inbox.done(events, "nothing_decided")
            return []

    Asking._note = raising  # type: ignore[method-assign]  # the bug
    drain._decide = giving_up  # type: ignore[assignment]  # the bug
