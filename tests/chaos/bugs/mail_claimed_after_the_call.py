"""Seeded bug: a mail is claimed when the CRM has sent it, not before."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from so_privacy_ext.model import MailState, PersonId
from so_privacy_ext.ports import MailClaim
from so_privacy_ext.storage.mails import MailBook
from tests.chaos.product import Database

_NUMBERS = itertools.count(1)


def prepare(database: Database) -> None:
    """Change nothing in the database."""
    del database


def apply() -> None:
    """Hand out claims that are kept in memory until the call has ended."""
    claimed, stated = MailBook.claim, MailBook.set_state
    pending: dict[int, tuple[PersonId, dict[str, Any]]] = {}
    real: dict[int, int] = {}

    def claim(self: MailBook, person_id: PersonId, **named: Any) -> MailClaim | None:
        asked = {key: named[key] for key in ("mail", "version", "retell")}
        if self.told(person_id, named["address_hash"], **asked):
            return None
        number = -next(_NUMBERS)
        pending[number] = person_id, named
        return MailClaim(
            mail_id=number,
            person_id=person_id,
            mail=named["mail"],
            version=named["version"],
            address_hash=named["address_hash"],
            template_id=named["template_id"],
            state=MailState.CLAIMED,
            claimed_at=datetime.now(UTC),
        )

    def set_state(self: MailBook, mail_id: int, state: MailState) -> None:
        if mail_id in pending:
            person_id, named = pending.pop(mail_id)
            kept = claimed(self, person_id, **named)
            real[mail_id] = kept.mail_id if kept else 0
        stated(self, real.get(mail_id, mail_id), state)

    MailBook.claim = claim  # type: ignore[method-assign]  # the bug
    MailBook.set_state = set_state  # type: ignore[method-assign]  # the bug
