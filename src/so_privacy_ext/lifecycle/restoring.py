"""A CRM that was set back to a backup: seen by what it shows, and met by a new epoch of the tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from so_privacy_ext.model import (
    NEW_SWEEP,
    WATCHDOG,
    WHOLE_SWEEP,
    WITHDRAWN,
    Consent,
    Person,
    PersonId,
    Tenant,
)
from so_privacy_ext.ports import Ledgers

RESTORED = "restored"
"""Kind of work: SuperOffice says that the tenant was set back, so that the CRM is looked at for signs of it.
Also the kind of review that keeps a forgotten no."""
RECONCILE = "reconcile"
"""Kind of work: all persons whom we knew before are to be looked at."""
LOOKED_AT = 200
"""Persons with the highest numbers, who are looked at for signs; and persons of one step of reconciling."""
STEPS = 5
"""In one turn, so that the others come to theirs."""

_log = structlog.get_logger("so_privacy_ext.lifecycle")


class WrittenRow(Protocol):
    """A consent that we wrote and read back."""

    @property
    def person_id(self) -> PersonId: ...

    @property
    def purpose(self) -> str: ...

    @property
    def updated_count_before(self) -> int | None: ...

    @property
    def intended_at(self) -> datetime: ...


class Past(Protocol):
    """What we know of a tenant's numbers, in this epoch and before."""

    def latest(self, limit: int) -> Mapping[PersonId, datetime]: ...

    def written(self, person_ids: Sequence[PersonId]) -> Sequence[WrittenRow]: ...

    def begin(self) -> None: ...

    def to_reconcile(self, limit: int) -> Sequence[PersonId]: ...

    def same(self, registered: Mapping[PersonId, datetime]) -> Sequence[PersonId]: ...

    def noes(self, person_ids: Sequence[PersonId]) -> Sequence[tuple[PersonId, str]]: ...

    def reconciled(self, up_to: PersonId | None) -> None: ...


class Crm(Protocol):
    """The tenant's CRM, as far as it shows whether it was set back."""

    def next_person_id(self) -> int: ...

    def read_persons(self, ids: Sequence[PersonId]) -> Mapping[PersonId, Person]: ...

    def read_consents(self, ids: Sequence[PersonId]) -> Mapping[PersonId, Mapping[str, Consent]]: ...


class Held(Protocol):
    """A tenant's turn."""

    tenant: Tenant
    ledgers: Ledgers

    def due_kinds(self) -> frozenset[str]: ...

    def due(self, kind: str, seconds: float) -> None: ...

    def not_due(self, kind: str) -> None: ...


def look(turn: Held, past: Past, crm: Crm) -> bool:
    """Look for signs if SuperOffice says that the tenant was set back; True when nothing was found.

    With a sign a new epoch has begun, and the turn must end: all that it holds is of the old one.
    """
    if RESTORED not in turn.due_kinds():
        return True
    sign = _sign(past, crm)
    if sign is None:
        _log.info("restore_not_seen", tenant_id=turn.tenant.tenant_id)
        turn.ledgers.journal.append("restore_not_seen", None, {})
        turn.not_due(RESTORED)
        _see_to_it(turn)
        return True
    begin(turn, past, sign)
    return False


def begin(turn: Held, past: Past, sign: str) -> None:
    """Begin a new epoch of a tenant that was set back, as the sign shows."""
    with turn.ledgers.transaction():
        turn.ledgers.journal.append("restored", None, {"sign": sign, "next_epoch": turn.tenant.epoch + 1})
        past.begin()
        turn.not_due(RESTORED)
        turn.due(RECONCILE, 0.0)
    _log.warning("tenant_restored", tenant_id=turn.tenant.tenant_id, sign=sign)


def reconcile(turn: Held, past: Past, crm: Crm) -> bool:
    """Look at the next persons whom we knew before; True when there are no more, so that work may go on.

    Who is still the same keeps what was done and told for her, and her no if the CRM has forgotten it.
    Everybody who is there is decided about anew.
    """
    for _ in range(STEPS):
        ids = past.to_reconcile(LOOKED_AT)
        if not ids:
            with turn.ledgers.transaction():
                turn.ledgers.journal.append("reconciled", None, {})
                past.reconciled(None)
                turn.not_due(RECONCILE)
                _see_to_it(turn)
            _log.info("tenant_reconciled", tenant_id=turn.tenant.tenant_id)
            return True
        persons = crm.read_persons(ids)
        with turn.ledgers.transaction():
            same = past.same({one: person.registered for one, person in persons.items()})
            for person_id, purpose in past.noes(same):
                row = persons[person_id].consents.get(purpose)
                if row is None or row.basis != WITHDRAWN:
                    turn.ledgers.reviews.open(person_id, RESTORED, purpose, {"epoch": turn.tenant.epoch})
            for person_id in persons:
                turn.ledgers.inbox.decide_again(person_id)
            past.reconciled(max(ids))
    turn.due(RECONCILE, 0.0)
    return False


def _see_to_it(turn: Held) -> None:
    """Look at the webhooks, which may have been set back, and for what no event told of."""
    for kind in (WATCHDOG, NEW_SWEEP, WHOLE_SWEEP):
        turn.due(kind, 0.0)


def _sign(past: Past, crm: Crm) -> str | None:
    """Name what only a CRM that was set back can show; None when it shows nothing of the kind."""
    known = past.latest(LOOKED_AT)
    if not known:
        return None
    if max(known) >= crm.next_person_id():
        return "numbers_to_come"  # it will give out again what it has given out
    persons = crm.read_persons(list(known))
    if any(person.registered != known[one] for one, person in persons.items()):
        return "number_reissued"
    standing = crm.read_consents(list(persons))
    for one in past.written(list(persons)):
        row, before = standing.get(one.person_id, {}).get(one.purpose), one.updated_count_before
        if row is None or before is None or row.registered >= one.intended_at:
            continue
        if row.updated_count <= before:
            return "write_undone"  # a row counts its updates, and never fewer
    return None
