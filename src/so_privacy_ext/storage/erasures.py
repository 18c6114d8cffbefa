"""What plugins owe: to have erased what they hold of a person who is gone, or all of a tenant's.

It is owed from the transaction in which she is parted with until the plugin answers or a human settles it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import ERASURES, PersonId, TenantId
from so_privacy_ext.ports import Ledgers
from so_privacy_ext.storage.database import Connection
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_ALL = 2**31
_sql = Statements("erasures")


@dataclass(frozen=True, slots=True)
class OwedErasure:
    """What one plugin owes."""

    erasure_id: int
    tenant_id: TenantId
    plugin: str
    person_id: PersonId | None
    """None where it is all that it holds for the tenant."""
    since: datetime
    not_before: datetime
    """When it is asked again."""
    attempts: int
    reason: str | None
    """Why the last attempt came to nothing."""
    is_due: bool


@dataclass(frozen=True, slots=True)
class RemovedErasure:
    """What a plugin owes to a tenant that was removed: to have erased all of it."""

    erasure_id: int
    tenant_id: TenantId
    environment: str
    context_identifier: str
    plugin: str
    since: datetime
    not_before: datetime
    attempts: int
    reason: str | None
    is_due: bool


@dataclass(frozen=True, slots=True)
class CountedErasures:
    """How much one plugin owes."""

    plugin: str
    of_all: bool
    how_many: int
    since: datetime
    attempts: int
    """The most that any of these has had."""
    reason: str | None


class ErasureBook:
    """Implements `ports.Erasures`."""

    def __init__(self, session: TenantSession) -> None:
        self._session = session

    def owe(self, person_id: PersonId) -> None:
        """Have each plugin that holds data of the tenant's owe to have erased this person's."""
        self._session.run(_sql["owe_person"], {"person_id": person_id, "kind": ERASURES})


def owe_all(session: TenantSession, plugin: str | None = None) -> None:
    """Have a plugin, or each that holds data of the tenant's, owe to have erased all of it."""
    session.run(_sql["owe_all"], {"plugin": plugin})


def listed(session: TenantSession, *, limit: int = _ALL) -> Sequence[OwedErasure]:
    """List what is owed, in the order in which it is asked for."""
    return [OwedErasure(**row) for row in session.rows(_sql["list"], {"limit": limit})]


def counted(session: TenantSession) -> Sequence[CountedErasures]:
    """Count what is owed, by plugin."""
    return [CountedErasures(**row) for row in session.rows(_sql["counted"])]


def shown(session: TenantSession, erasure_id: int) -> OwedErasure:
    """Give one of them."""
    row = session.row(_sql["shown"], {"erasure_id": erasure_id})
    if row is None:
        what = f"this tenant is owed no erasure {erasure_id}"
        raise Refused("not_found", what, "see `erasures list`", Exit.NO_INPUT)
    return OwedErasure(**row)


def next_in(session: TenantSession) -> float | None:
    """Tell in how many seconds the next is to be asked for; None where nothing is owed."""
    seconds: float | None = session.one(_sql["next"])["seconds"]
    return None if seconds is None else max(0.0, seconds)


def failed(
    session: TenantSession,
    owed: OwedErasure,
    reason: str,
    *,
    again: float,
    others: float,
    counts: bool = True,
) -> None:
    """Note an attempt that came to nothing, and when this one and the plugin's others are tried again."""
    values = {"erasure_id": owed.erasure_id, "plugin": owed.plugin}
    with session.transaction():
        attempt = {"reason": reason, "seconds": again, "counted": int(counts)}
        session.run(_sql["failed"], {**values, **attempt})
        session.run(_sql["hold_back"], {**values, "seconds": others})


def settled(
    session: TenantSession, ledgers: Ledgers, owed: OwedErasure, kind: str, content: Mapping[str, Any]
) -> None:
    """Note that something is owed no more, and journal why; with all of a tenant's its settings may go."""
    told = {"plugin": owed.plugin, "since": owed.since.isoformat(), "attempts": owed.attempts + 1, **content}
    with ledgers.transaction():
        session.run(_sql["answered"], {"erasure_id": owed.erasure_id})
        if owed.person_id is None:
            session.run(_sql["holds_nothing"], {"plugin": owed.plugin})
            if session.one(_sql["is_removed"])["removed"]:
                session.run(_sql["drop_settings"], {"plugin": owed.plugin})
        ledgers.journal.append(kind, owed.person_id, told)


def of_removed(connection: Connection) -> Sequence[RemovedErasure]:
    """List what is owed to tenants that were removed."""
    with mapped():
        return [RemovedErasure(**row) for row in connection.execute(_sql["removed"]).fetchall()]
