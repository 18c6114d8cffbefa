"""A tenant that is being uninstalled: nobody works for it, and in the end only evidence is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import TenantId
from so_privacy_ext.storage import tenants, turns
from so_privacy_ext.storage.held import HeldTenant
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.statements import Statements

_WAIT = 60.0
"""Seconds that an uninstallation waits for a worker to end or put down what it has begun."""
_sql = Statements("leaving")


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """What is kept of a removed tenant, by table with the number of rows, and until when."""

    rows: Mapping[str, int]
    until: datetime | None
    """None when nothing is kept."""


class LeavingTenant(HeldTenant):
    """Implements `lifecycle.uninstall.Register`."""

    def __init__(self, dsn: str, data_key: DataKey, tenant_id: TenantId) -> None:
        self._dsn = dsn
        self._data_key = data_key
        self._tenant_id = tenant_id

    def leave(self) -> None:
        """Keep that the tenant leaves: nobody begins anything for it any more."""
        with open_session(self._dsn, self._tenant_id) as session:
            tenants.leave(session)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Wait until what has been begun for it is ended or put down, and keep others out."""
        turn = turns.take(self._dsn, self._tenant_id, self._data_key, wait=_WAIT)
        if turn is None:
            raise Refused(
                "tenant_busy",
                "a worker or another uninstallation holds this tenant",
                "nothing new is begun for it; start the uninstallation again in a moment",
                Exit.UNAVAILABLE,
            )
        with turn:
            self.held = turn
            yield

    def abandon(self) -> int:
        """Close the decisions that nobody will finish, and the runs; gives the number of decisions."""
        with self.turn.session.transaction():
            self.turn.session.run(_sql["abandon_runs"])
            return self.turn.session.run(_sql["abandon"])

    def wipe(self) -> KeptEvidence:
        """Delete secrets, slots, events and sessions; give what must be kept, and until when."""
        session = self.turn.session
        with session.transaction():
            tenants.remove(session)
            row = session.row(_sql["until"])
            rows = {one["name"]: one["rows"] for one in session.rows(_sql["evidence"])}
        return KeptEvidence(rows, None if row is None else row["evidence_until"])
