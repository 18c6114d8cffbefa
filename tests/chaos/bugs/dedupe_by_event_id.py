"""Seeded bug: only the EventId tells what was done already; the same change acts again under a new one."""

from __future__ import annotations

from typing import Any

from so_privacy_ext.processing import wanting
from so_privacy_ext.proof.arbiter import Leave, Reason, Write, settle
from so_privacy_ext.storage.mails import MailBook
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Take the two unique keys of mails away."""
    database.execute("DROP INDEX mail_person")
    database.execute("DROP INDEX mail_address")


def apply() -> None:
    """Look neither at what stands nor at who was told."""

    def ignorant(decision: Any, current: Any, authority: Any) -> Write | Leave:
        settled = settle(decision, current, authority)
        if isinstance(settled, Leave) and settled.reason is Reason.ALREADY_RIGHT:
            return Write(decision.purpose, decision.basis, decision.source)
        return settled

    def untold(self: MailBook, *given: Any, **named: Any) -> bool:
        del self, given, named
        return False

    setattr(wanting, "settle", ignorant)  # noqa: B010 - it is imported there, not exported
    MailBook.told = untold  # type: ignore[method-assign]  # the bug
    MailBook._told = untold  # type: ignore[method-assign]  # the bug
