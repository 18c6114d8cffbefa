"""Whose turn it is, and waiting until somebody has work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from so_privacy_ext.model import TenantId
from so_privacy_ext.storage.database import Connection
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.statements import Statements

LOCK_SPACE = 7340182
"""First key of the advisory locks that are turns; the second is the tenant."""

_sql = Statements("due")


def due_tenants(connection: Connection, limit: int) -> Sequence[TenantId]:
    """Give tenants with work that is due, who waited longest first; not those parked or in a turn."""
    with mapped():
        found = connection.execute(_sql["now"], {"limit": limit, "lock_space": LOCK_SPACE}).fetchall()
    return [TenantId(row["tenant_id"]) for row in found]


def next_due(connection: Connection) -> float | None:
    """Tell in how many seconds the next tenant has work, 0 if one has it now; None if nobody ever."""
    with mapped():
        row = connection.execute(_sql["next"], {"lock_space": LOCK_SPACE}).fetchone()
    return None if row is None or row["seconds"] is None else max(0.0, row["seconds"])


def begin_periodic(connection: Connection, within: Mapping[str, float]) -> None:
    """Have each tenant owe each of these kinds of work, from some time within so many seconds on."""
    with mapped():
        connection.execute(_sql["begin"], {"kinds": list(within), "within": list(within.values())})


def wait_for_work(connection: Connection, seconds: float) -> bool:
    """Wait until an event is stored, at most so long; True if one was. The connection is for this alone."""
    with mapped():
        connection.execute(_sql["listen"])
        # All that have come are taken at once: a burst must not have the workers look once for each commit.
        return len(list(connection.notifies(timeout=seconds, stop_after=1))) > 0
