"""A tenant's endpoints: where its own systems are told, with what lets them know that it is us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import ContextIdentifier, TenantId
from so_privacy_ext.ports import Ledgers
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import Connection
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

BOTH_SIGN = timedelta(hours=24)
"""For how long the secret of before signs too after a rotation."""
MOST = 10
"""Endpoints of one tenant."""

_sql = Statements("endpoints")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where messages go, as it is kept; address and secrets are never among it."""

    endpoint_id: int
    key: UUID
    """By which its messages are numbered; nobody is shown it."""
    host: str
    description: str
    events: Sequence[str]
    who: str
    """Who changed it last."""
    added_at: datetime
    rotated_at: datetime | None
    """When its secret was replaced, while the one of before signs too."""
    off_at: datetime | None
    off_because: str | None
    """`switched_off`, `gone` or `failing`."""
    trouble: str | None
    """What came of the last attempt, where it failed: `timeout`, `status_500`, …"""
    failures: int
    """Attempts since the last message that was taken."""
    failing_since: datetime | None
    not_before: datetime | None
    """Nothing is tried before."""
    delivered: int
    delivered_at: datetime | None
    waiting: int
    given_up: int


@dataclass(frozen=True, slots=True)
class Address:
    """What is needed to post to an endpoint."""

    url: str = field(repr=False)
    secrets: Sequence[str] = field(repr=False)
    """Newest first; two while one is replaced."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An endpoint that this process sends for, alone."""

    endpoint_id: int
    key: UUID
    busy_until: datetime
    context_identifier: ContextIdentifier
    environment: str
    address: Address


def consumer(endpoint_id: int) -> str:
    """Name an endpoint as the consumer of errands."""
    return f"endpoint:{endpoint_id}"


def changes(session: TenantSession) -> int:
    """Count how often endpoints were changed; 0 for a tenant that never had one."""
    return int(session.one(_sql["changes"])["endpoints"])


def listed(session: TenantSession, endpoint_id: int | None = None) -> Sequence[Endpoint]:
    """Give all, or one, oldest first."""
    return [Endpoint(**row) for row in session.rows(_sql["list"], {"endpoint_id": endpoint_id})]


def find(session: TenantSession, endpoint_id: int) -> Endpoint:
    """Give an endpoint; refused if the tenant has no such one."""
    found = listed(session, endpoint_id)
    if not found:
        what = f"the tenant has no endpoint {endpoint_id}"
        raise Refused("no_endpoint", what, "see `so-privacy outward list`", Exit.NO_INPUT)
    return found[0]


def wanting(session: TenantSession) -> Sequence[tuple[int, Sequence[str]]]:
    """Give the endpoints that are on, with what each wants to be told of."""
    return [(row["endpoint_id"], row["events"]) for row in session.rows(_sql["wanting"])]


def add(
    session: TenantSession,
    ledgers: Ledgers,
    data_key: DataKey,
    *,
    url: str,
    host: str,
    secret: str,
    events: Sequence[str],
    description: str,
    who: str,
) -> int:
    """Add an endpoint under the turn, and give its number."""
    if len(listed(session)) >= MOST:
        how = "remove one first, or have one system tell the others"
        raise Refused("endpoints", f"a tenant has {MOST} endpoints at the most", how, Exit.CANT_CREATE)
    with ledgers.transaction():
        values = {"host": host, "description": description, "events": list(events), "who": who}
        endpoint_id = int(session.one(_sql["add"], values)["endpoint_id"])
        tenants.put_secret(session, data_key, _url(endpoint_id), url.encode())
        tenants.put_secret(session, data_key, _secret(endpoint_id), secret.encode())
        told = {"endpoint": endpoint_id, "host": host, "events": list(events)}
        _changed(session, ledgers, "endpoint_added", who, told)
    return endpoint_id


def rotate(
    session: TenantSession,
    ledgers: Ledgers,
    data_key: DataKey,
    endpoint_id: int,
    secret: str,
    *,
    who: str,
    at_once: bool,
) -> None:
    """Sign by another secret, and for a day by the last one too, unless `at_once`."""
    with ledgers.transaction():
        tenants.drop_older_secrets(session, _secret(endpoint_id))
        tenants.put_secret(session, data_key, _secret(endpoint_id), secret.encode(), beside=not at_once)
        session.run(_sql["rotated"], {"endpoint_id": endpoint_id, "who": who})
        _changed(session, ledgers, "endpoint_rotated", who, {"endpoint": endpoint_id, "at_once": at_once})


def switch_on(session: TenantSession, ledgers: Ledgers, endpoint_id: int, *, who: str) -> bool:
    """Go on with what waits, at once. False if it was on."""
    with ledgers.transaction():
        changed = session.run(_sql["on"], {"endpoint_id": endpoint_id, "who": who}) > 0
        if changed:
            _changed(session, ledgers, "endpoint_on", who, {"endpoint": endpoint_id})
    return changed


def switch_off(session: TenantSession, ledgers: Ledgers, endpoint_id: int, *, who: str, because: str) -> bool:
    """Tell it nothing from now on; what waits stays. False if it was off."""
    with ledgers.transaction():
        values = {"endpoint_id": endpoint_id, "who": who, "because": because}
        changed = session.run(_sql["off"], values) > 0
        if changed:
            _changed(session, ledgers, "endpoint_off", who, {"endpoint": endpoint_id, "because": because})
    return changed


def remove(session: TenantSession, ledgers: Ledgers, endpoint_id: int, *, who: str) -> None:
    """Forget an endpoint, its address and secrets, and what waits for it."""
    with ledgers.transaction():
        ledgers.errands.drop(consumer(endpoint_id), "endpoint_removed")
        for name in (_url(endpoint_id), _secret(endpoint_id)):
            tenants.drop_secret(session, name)
        session.run(_sql["remove"], {"endpoint_id": endpoint_id})
        _changed(session, ledgers, "endpoint_removed", who, {"endpoint": endpoint_id})


def due(connection: Connection, limit: int) -> Sequence[tuple[TenantId, int]]:
    """Give endpoints that have a message now, of all tenants, who waited longest first."""
    with mapped():
        found = connection.execute(_sql["due"], {"limit": limit}).fetchall()
    return [(TenantId(row["tenant_id"]), row["endpoint_id"]) for row in found]


def take(session: TenantSession, data_key: DataKey, endpoint_id: int, seconds: float) -> Taken | None:
    """Have an endpoint alone for so many seconds; None if it is off, gone or another has it."""
    with session.transaction():
        row = session.row(_sql["take"], {"endpoint_id": endpoint_id, "seconds": seconds})
        if row is None:
            return None
        _end_rotation(session, endpoint_id)
        return Taken(endpoint_id=endpoint_id, address=address(session, data_key, endpoint_id), **row)


def address(session: TenantSession, data_key: DataKey, endpoint_id: int) -> Address:
    """Give where an endpoint is posted to, and what signs."""
    url = tenants.read_secret(session, data_key, _url(endpoint_id))
    secrets = tenants.read_secrets(session, data_key, _secret(endpoint_id))
    return Address(url.decode(), [one.decode() for one in secrets])


def let_go(session: TenantSession, taken: Taken) -> None:
    """Let others have it, unless they have by now."""
    session.run(_sql["let_go"], {"endpoint_id": taken.endpoint_id, "busy_until": taken.busy_until})


def delivered(session: TenantSession, endpoint_id: int) -> None:
    """Note that a message was taken, so that nothing is wrong any more."""
    session.run(_sql["delivered"], {"endpoint_id": endpoint_id})


def failed(session: TenantSession, endpoint_id: int, why: str, seconds: float) -> None:
    """Note a failure of the endpoint as a whole, and try nothing for so many seconds."""
    session.run(_sql["failed"], {"endpoint_id": endpoint_id, "why": why, "seconds": seconds})


def standing(session: TenantSession, endpoint_id: int) -> tuple[int, float]:
    """Tell how many attempts have failed in a row, and for how many seconds it has been failing."""
    row = session.row(_sql["standing"], {"endpoint_id": endpoint_id})
    return (0, 0.0) if row is None else (row["failures"], row["seconds"])


def _end_rotation(session: TenantSession, endpoint_id: int) -> None:
    values = {"endpoint_id": endpoint_id, "both": BOTH_SIGN}
    if session.row(_sql["rotation_over"], values) is not None:
        tenants.drop_older_secrets(session, _secret(endpoint_id))
        session.run(_sql["forget_rotation"], values)


def _changed(session: TenantSession, ledgers: Ledgers, kind: str, who: str, told: dict[str, object]) -> None:
    session.run(_sql["changed"])
    ledgers.journal.append(kind, None, {"who": who, **told})


def _url(endpoint_id: int) -> str:
    return f"endpoint/{endpoint_id}/url"


def _secret(endpoint_id: int) -> str:
    return f"endpoint/{endpoint_id}/secret"
