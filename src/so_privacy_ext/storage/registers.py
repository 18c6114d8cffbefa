"""What a human looks up: events, quarantine, a person's decisions; and dead events driven again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import AddressHash, Epoch, PersonId
from so_privacy_ext.ports import KeptDecision, Ledgers
from so_privacy_ext.storage.decisions import kept_decision
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("registers")


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event of the inbox; `state` is open, done or dead, `reason` why it ended or was last put off."""

    inbox_id: int
    event_id: str
    name: str
    primary_key: int
    received_at: datetime
    not_before: datetime
    attempts: int
    decision_id: int | None
    state: str
    reason: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event with its body as it came, which is None for one that we made ourselves."""

    event: ListedEvent
    carried: Mapping[str, Any]
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A signed delivery that is never acted on."""

    quarantine_id: int
    event_id: str | None
    reason: str
    received_at: datetime
    size: int
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class Effect:
    """A consent that was to be written; `result` is None until it was read back."""

    purpose: str
    basis: str
    source: str
    expires_at: datetime | None
    intended_at: datetime
    result: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class MailOfPerson:
    """A mail of ours; asked for at `claimed_at`, in its state since `state_at`."""

    mail_id: int
    epoch: Epoch
    mail: str
    version: int
    channel: str
    """By which it goes, or went."""
    state: str
    claimed_at: datetime
    state_at: datetime
    why: str | None
    """Why it has not gone, or nobody knows whether it has; never with personal data."""


@dataclass(frozen=True, slots=True)
class DutyToPerson:
    """A duty to inform; `how` it was closed, None while it is open."""

    epoch: Epoch
    mail: str
    article: int
    due_at: datetime
    reason: str
    opened_at: datetime
    closed_at: datetime | None
    how: str | None


@dataclass(frozen=True, slots=True)
class OpenDuty:
    """Somebody who must still be informed."""

    person_id: PersonId
    mail: str
    article: int
    due_at: datetime
    reason: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision with what came of it."""

    decision: KeptDecision
    finished_at: datetime | None
    result: str | None
    effects: Sequence[Effect]


def events(
    session: TenantSession,
    *,
    state: str | None = None,
    person_id: PersonId | None = None,
    limit: int = 100,
) -> Sequence[ListedEvent]:
    """List events, newest first."""
    values = {"state": state, "person_id": person_id, "limit": limit}
    return [ListedEvent(**row) for row in session.rows(_sql["events"], values)]


def event(session: TenantSession, inbox_id: int) -> ShownEvent:
    """Show one event."""
    row = session.row(_sql["event"], {"inbox_id": inbox_id})
    if row is None:
        raise _not_there("event", inbox_id, "events list")
    carried, body = row.pop("event"), row.pop("body")
    return ShownEvent(ListedEvent(**row), carried, body)


def redrive(session: TenantSession, ledgers: Ledgers, inbox_ids: Sequence[int]) -> Sequence[int]:
    """Open ended events again, under the turn; give the ids of all that were opened.

    An unfinished decision is carried out, with all the events it covers, unless a newer one has overtaken it;
    what a finished one covers is decided anew.
    """
    with ledgers.transaction():
        found = session.rows(_sql["redrive"], {"inbox_ids": list(inbox_ids)})
        opened = sorted(row["inbox_id"] for row in found)
        if opened:
            ledgers.journal.append("redriven", None, {"inbox_ids": opened})
    return opened


def quarantine(session: TenantSession, *, limit: int = 100) -> Sequence[Quarantined]:
    """List what is quarantined, newest first."""
    return [Quarantined(**row) for row in session.rows(_sql["quarantine"], {"limit": limit})]


def quarantined(session: TenantSession, quarantine_id: int) -> tuple[Quarantined, bytes]:
    """Show one quarantined delivery with its body as it came."""
    row = session.row(_sql["quarantined"], {"quarantine_id": quarantine_id})
    if row is None:
        raise _not_there("quarantined delivery", quarantine_id, "quarantine list")
    body = row.pop("body")
    return Quarantined(**row), body


def decisions_of(session: TenantSession, person_id: PersonId, *, limit: int = 10) -> Sequence[PastDecision]:
    """Give a person's last decisions with their facts and effects, newest first."""
    with session.transaction():
        found = session.rows(_sql["decisions_of"], {"person_id": person_id, "limit": limit})
        effects = session.rows(_sql["effects_of"], {"decision_ids": [row["decision_id"] for row in found]})
    of_decision: dict[int, list[Effect]] = {}
    for row in effects:
        of_decision.setdefault(row.pop("decision_id"), []).append(Effect(**row))
    return [
        PastDecision(
            kept_decision(row), row["finished_at"], row["result"], of_decision.get(row["decision_id"], [])
        )
        for row in found
    ]


def heard_of(
    session: TenantSession, epoch: Epoch, persons: Sequence[PersonId], addresses: Sequence[AddressHash]
) -> tuple[frozenset[PersonId], frozenset[AddressHash]]:
    """Give those of these persons and addresses of whom anything is written, now or in an earlier epoch."""
    epochs = list(range(1, epoch + 1))
    found = session.rows(
        _sql["heard_of"], {"epochs": epochs, "persons": list(persons), "addresses": list(addresses)}
    )
    return (
        frozenset(PersonId(row["person_id"]) for row in found if row["person_id"] is not None),
        frozenset(AddressHash(row["address_hash"]) for row in found if row["address_hash"] is not None),
    )


def informed(session: TenantSession, epoch: Epoch) -> frozenset[PersonId]:
    """Give all who were sent a mail of ours, or of the CRM's that was found."""
    return frozenset(PersonId(row["person_id"]) for row in session.rows(_sql["informed"], {"epoch": epoch}))


def mails_of(session: TenantSession, person_id: PersonId) -> Sequence[MailOfPerson]:
    """Give all mails of ours to a person, oldest first, those that a human has released too."""
    return [MailOfPerson(**row) for row in session.rows(_sql["mails_of"], {"person_id": person_id})]


def duties_of(session: TenantSession, person_id: PersonId) -> Sequence[DutyToPerson]:
    """Give all duties to inform a person, oldest first."""
    return [DutyToPerson(**row) for row in session.rows(_sql["duties_of"], {"person_id": person_id})]


def open_duties(session: TenantSession, *, limit: int = 100) -> Sequence[OpenDuty]:
    """List who must still be informed, the most urgent first."""
    return [OpenDuty(**row) for row in session.rows(_sql["open_duties"], {"limit": limit})]


def _not_there(what: str, number: int, where: str) -> Refused:
    return Refused("not_found", f"this tenant has no {what} {number}", f"see `{where}`", Exit.NO_INPUT)
