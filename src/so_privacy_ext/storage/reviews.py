"""Things that wait for a human: opened under the turn, settled by a human with a reason."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import Epoch, MailState, PersonId
from so_privacy_ext.ports import Ledgers
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

MAIL = "mail"
"""The kind whose subject is the id of a mail claim."""
LONGEST_REASON = 2000

_sql = Statements("reviews")


class Settlement(StrEnum):
    """How a human may settle an item."""

    SENT = "sent"
    NOT_SENT = "not-sent"
    KEEP = "keep"
    DECIDE_AGAIN = "decide-again"


_ALLOWED = {
    True: (Settlement.SENT, Settlement.NOT_SENT),
    False: (Settlement.KEEP, Settlement.DECIDE_AGAIN),
}


@dataclass(frozen=True, slots=True)
class Review:
    """One item as a human sees it."""

    review_id: int
    epoch: Epoch
    person_id: PersonId
    kind: str
    subject: str
    detail: Mapping[str, Any]
    opened_at: datetime
    settled_at: datetime | None
    settled_as: str | None


class ReviewBook:
    """One tenant's items under its turn."""

    def __init__(self, session: TenantSession, epoch: Epoch) -> None:
        self._session = session
        self._epoch = epoch

    def open(self, person_id: PersonId, kind: str, subject: str, detail: Mapping[str, Any]) -> bool:
        """Open one item per (tenant, epoch, person, kind, subject) however often it repeats; True if new.

        An item that was settled by `decide-again` opens again when the new decision asks for it, and what is
        news each time (a consent overwritten or flapping, a person given up) whenever it happens again.
        """
        values = {
            "epoch": self._epoch,
            "person_id": person_id,
            "kind": kind,
            "subject": subject,
            "detail": json.dumps(dict(detail)),
        }
        return self._session.row(_sql["open"], values) is not None

    def waits(self, person_id: PersonId, kind: str, subject: str) -> bool:
        """Tell whether such an item is open."""
        values = {"epoch": self._epoch, "person_id": person_id, "kind": kind, "subject": subject}
        return self._session.row(_sql["waits"], values) is not None

    def forbidden(self, person_id: PersonId, kind: str) -> Collection[str]:
        """Give the subjects of such items that no human has settled by `decide-again`."""
        values = {"epoch": self._epoch, "person_id": person_id, "kind": kind}
        return {row["subject"] for row in self._session.rows(_sql["forbidden"], values)}


def listed(
    session: TenantSession, *, settled: bool = False, person_id: PersonId | None = None, limit: int = 100
) -> Sequence[Review]:
    """List open items, oldest first; with `settled`, those that were settled as well."""
    values = {"settled": settled, "person_id": person_id, "limit": limit}
    return [Review(**row) for row in session.rows(_sql["list"], values)]


def allowed(review: Review) -> Sequence[Settlement]:
    """Give the ways in which an item may be settled."""
    return _ALLOWED[review.kind == MAIL]


def shown(session: TenantSession, review_id: int) -> Review:
    """Show one item."""
    row = session.row(_sql["show"], {"review_id": review_id})
    if row is None:
        raise Refused(
            "no_review", f"this tenant has no review item {review_id}", "see `review list`", Exit.NO_INPUT
        )
    return Review(**row)


def settle(
    session: TenantSession, ledgers: Ledgers, review_id: int, settlement: Settlement, reason: str
) -> Review:
    """Settle an item under the tenant's turn, act on it, and keep the reason in the journal.

    `not-sent` alone releases a mail claim; since the person is still to be told, she is decided again.
    """
    _refuse_reason(reason)
    with ledgers.transaction():
        review = shown(session, review_id)
        if settlement not in allowed(review):
            raise Refused(
                "settlement",
                f"an item of kind {review.kind!r} can't be settled as {settlement}",
                f"choose {' or '.join(allowed(review))}",
                Exit.USAGE,
            )
        if not session.run(_sql["settle"], {"review_id": review_id, "settled_as": str(settlement)}):
            raise Refused(
                "already_settled",
                f"item {review_id} was settled as {review.settled_as}",
                "see `review show`",
                Exit.BAD_DATA,
            )
        if settlement is Settlement.SENT:
            ledgers.mails.set_state(int(review.subject), MailState.SENT)
        elif settlement is Settlement.NOT_SENT:
            ledgers.mails.set_state(int(review.subject), MailState.NOT_SENT)
        if settlement in {Settlement.NOT_SENT, Settlement.DECIDE_AGAIN}:
            ledgers.inbox.decide_again(review.person_id)
        ledgers.journal.append(
            "review_settled",
            review.person_id,
            {
                "review_id": review_id,
                "kind": review.kind,
                "subject": review.subject,
                "as": str(settlement),
                "reason": reason,
            },
        )
        return shown(session, review_id)


def _refuse_reason(reason: str) -> None:
    try:
        size = len(reason.strip().encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= LONGEST_REASON or "\0" in reason:
        raise Refused(
            "reason",
            "the reason is empty, too long or no text",
            f"say in up to {LONGEST_REASON} bytes why",
            Exit.USAGE,
        )
