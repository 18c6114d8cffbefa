"""Tenants: added with their secrets, listed, found, removed."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import AssociateId, ContextIdentifier, Epoch, Slot, TenantId
from so_privacy_ext.ports import Ledgers
from so_privacy_ext.storage.database import Connection, connect
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements
from so_privacy_ext.webhooks.subscriptions import EVENTS, WATCH

ADDRESS_KEY = "address_key"
SYSTEM_USER_TOKEN = "system_user_token"  # noqa: S105 - the name of a secret
WEBHOOK = "webhook"
"""The webhook secret; several may live at once."""
WEBHOOK_WATCH = "webhook_watch"
"""The secret of the webhook that watches the other one."""
SECRET_OF: Mapping[str, str] = {EVENTS: WEBHOOK, WATCH: WEBHOOK_WATCH}
"""The name of the secret of each kind of subscription."""
_OF_ITS_LIFE = (
    "subscription", "inbox", "quarantine", "due", "pace", "web_session", "finding", "sweep_person", "sweep",
    "taken_back", "before", "proposal", "plugin_in_use", "errand", "known_lists",
    "endpoint",
)  # fmt: skip
"""Tables of which nothing stays when a tenant goes."""

_sql = Statements("tenants")


@dataclass(frozen=True, slots=True)
class AddedTenant:
    """What the CRM must be told of a tenant that was just added."""

    tenant_id: TenantId
    slot: Slot
    webhook_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TenantSummary:
    """A tenant at a glance."""

    tenant_id: TenantId
    environment: str
    context_identifier: ContextIdentifier
    epoch: Epoch
    created_at: datetime
    removed_at: datetime | None
    paused_at: datetime | None
    """By its administrator, until resumed; its events stay."""
    leaving_at: datetime | None
    """Its uninstallation has begun."""
    parked_until: datetime | None
    parked_reason: str | None
    open: int
    oldest: datetime | None
    dead: int
    quarantined: int
    reviews: int
    duties: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """One slot of a tenant, with the id of the webhook that posts to it once the CRM gave one."""

    slot: Slot
    kind: str
    webhook_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeptSubscription:
    """One slot of a tenant with the secret that signs for it."""

    slot: Slot
    secret: str = field(repr=False)
    webhook_id: int | None


def add(
    dsn: str,
    data_key: DataKey,
    *,
    environment: str,
    context_identifier: ContextIdentifier,
    system_user_token: bytes,
) -> AddedTenant:
    """Add a tenant with a new slot and webhook secret; one that was removed comes back with its past."""
    slot, webhook_secret = _slot_and_secret()
    with connect(dsn, application_name="so-privacy", idle_seconds=0) as connection:
        past = [one for one in _all(connection) if _is(one, context_identifier, environment)]
        if past and past[0].removed_at is None:
            raise _exists(context_identifier)
        session = TenantSession(connection, past[0].tenant_id if past else _new_id(connection))
        names = {"environment": environment, "context_identifier": context_identifier}
        with session.transaction():
            if not session.run(_sql["revive"] if past else _sql["add"], names):
                raise _exists(context_identifier)  # another added it a moment ago
            for table in ("inbox", "quarantine"):  # what came to a slot in the moment when it was wiped
                session.run(_sql[f"wipe_{table}"])
            put_secret(session, data_key, SYSTEM_USER_TOKEN, system_user_token)
            put_secret(session, data_key, WEBHOOK, webhook_secret.encode())
            if not session.rows(_sql["secrets"], {"name": ADDRESS_KEY}):
                put_secret(session, data_key, ADDRESS_KEY, secrets.token_bytes(32))
            session.run(_sql["subscribe"], {"slot": slot, "kind": EVENTS})
    return AddedTenant(session.tenant_id, slot, webhook_secret)


def listed(connection: Connection) -> Sequence[TenantSummary]:
    """List the tenants that are not removed."""
    return [one for one in _all(connection) if one.removed_at is None]


def all_ever(connection: Connection) -> Sequence[TenantSummary]:
    """List all tenants of whom anything is kept, those that are removed too."""
    return _all(connection)


def known(connection: Connection, context_identifier: str, environment: str) -> TenantSummary | None:
    """Give a tenant that is not removed; None if there is none of that name."""
    found = [one for one in listed(connection) if _is(one, context_identifier, environment)]
    return found[0] if found else None


def find(connection: Connection, context_identifier: str, environment: str | None = None) -> TenantSummary:
    """Find a tenant by its name, which must be of one environment only."""
    found = [one for one in listed(connection) if _is(one, context_identifier, environment)]
    if not found:
        raise Refused("no_tenant", "there is no such tenant", "see `so-privacy tenant list`", Exit.NO_INPUT)
    if len(found) > 1:
        where = ", ".join(one.environment for one in found)
        raise Refused(
            "which_tenant",
            f"it is in {where}",
            f"write {found[0].environment}/{context_identifier}",
            Exit.USAGE,
        )
    return found[0]


def summary(session: TenantSession) -> TenantSummary | None:
    """Give the session's own tenant at a glance; None if it was removed."""
    row = session.row(_sql["summary"])
    return None if row is None else TenantSummary(**row)


def subscriptions(session: TenantSession) -> Sequence[Subscription]:
    """List the tenant's slots."""
    return [Subscription(**row) for row in session.rows(_sql["subscriptions"])]


def registered(
    session: TenantSession, slot: Slot, *, webhook_id: int, own_associate_id: AssociateId | None
) -> None:
    """Keep what the CRM said when it saved our webhook: its id, and who we are."""
    with session.transaction():
        session.run(_sql["registered"], {"slot": slot, "webhook_id": webhook_id})
        session.run(_sql["own_associate"], {"own_associate_id": own_associate_id})


def subscribe(session: TenantSession, data_key: DataKey, kind: str) -> KeptSubscription:
    """Give the newest slot of a kind with its secret; without one, keep a new slot and secret first."""
    with session.transaction():
        found = [one for one in subscriptions(session) if one.kind == kind]
        if not found:
            slot, secret = _slot_and_secret()
            put_secret(session, data_key, SECRET_OF[kind], secret.encode())
            session.run(_sql["subscribe"], {"slot": slot, "kind": kind})
            found = [one for one in subscriptions(session) if one.kind == kind]
        secret = read_secret(session, data_key, SECRET_OF[kind]).decode()
        return KeptSubscription(found[-1].slot, secret, found[-1].webhook_id)


def pause(session: TenantSession) -> bool:
    """Have nothing done for the tenant until it is resumed; its events stay. False if it was paused."""
    return session.run(_sql["pause"]) > 0


def allow_mass(session: TenantSession, ledgers: Ledgers, *, allowed: bool) -> bool:
    """Say whether a run may write many consents in one call; journaled. False if that was said already."""
    with session.transaction():
        changed = session.run(_sql["mass"], {"allowed": allowed}) > 0
        if changed:
            ledgers.journal.append("mass_writes", None, {"allowed": allowed})
    return changed


def resume(session: TenantSession) -> bool:
    """Go on with what has come meanwhile. False if it was not paused."""
    with session.transaction():
        session.rows(_sql["wake"])
        return session.run(_sql["resume"]) > 0


def database_restored(session: TenantSession, ledgers: Ledgers, backup_of: datetime) -> None:
    """Note, under the turn, that our database was brought back from a backup of that moment.

    Of the mails since then nothing is known here, so that SuperOffice is asked before one is sent; a run that
    was under way then stops.
    """
    with session.transaction():
        session.run(_sql["lose_mails"], {"since": backup_of})
        session.run(_sql["stop_runs"])
        ledgers.journal.append("database_restored", None, {"backup_of": backup_of.isoformat()})


def leave(session: TenantSession) -> bool:
    """Keep that the tenant's uninstallation has begun: nobody works for it any more. False if it had."""
    return session.run(_sql["leave"]) > 0


def remove(session: TenantSession) -> None:
    """Remove a tenant under its turn: all of it while nothing was done for it, else all but its evidence.

    Decisions, mail claims, the journal and the address key stay, so that nobody is told twice if it returns.
    """
    with session.transaction():
        session.run(_sql["wipe_secrets"], {"kept": ADDRESS_KEY})
        for table in _OF_ITS_LIFE:
            session.run(_sql[f"wipe_{table}"])
        if session.row(_sql["has_evidence"]) is None:
            for table in ("all_secrets", "run", "manifest", "plugin", "review", "known_person", "tenant"):
                session.run(_sql[f"wipe_{table}"])
        else:
            session.run(_sql["remove"])


def put_secret(
    session: TenantSession, data_key: DataKey, name: str, secret: bytes, *, beside: bool = False
) -> None:
    """Keep a secret, in place of the one of that name or, for a rotation, beside it."""
    key_id, sealed = data_key.seal(session.tenant_id, name, secret)
    with session.transaction():
        if not beside:
            session.run(_sql["drop_secret"], {"name": name})
        values = {"name": name, "key_id": key_id, "sealed": sealed}
        session.run(_sql["put_secret"], values)


def drop_older_secrets(session: TenantSession, name: str) -> int:
    """Forget all secrets of that name but the newest; tell how many they were."""
    return session.run(_sql["drop_older_secrets"], {"name": name})


def drop_secret(session: TenantSession, name: str) -> bool:
    """Forget all secrets of that name; False if there was none."""
    return session.run(_sql["drop_secret"], {"name": name}) > 0


def read_secrets(session: TenantSession, data_key: DataKey, name: str) -> Sequence[bytes]:
    """Open all secrets of that name, newest first."""
    found = session.rows(_sql["secrets"], {"name": name})
    return [data_key.open(session.tenant_id, name, one["key_id"], one["sealed"]) for one in found]


def find_secret(session: TenantSession, data_key: DataKey, name: str) -> bytes | None:
    """Open the newest secret of that name, if there is one."""
    found = session.rows(_sql["secrets"], {"name": name})
    if not found:
        return None
    return data_key.open(session.tenant_id, name, found[0]["key_id"], found[0]["sealed"])


def read_secret(session: TenantSession, data_key: DataKey, name: str) -> bytes:
    """Open the newest secret of that name."""
    found = find_secret(session, data_key, name)
    if found is None:
        raise Refused(
            "no_secret", f"tenant {session.tenant_id} has no secret {name!r}", "add it again", Exit.CONFIG
        )
    return found


def _all(connection: Connection) -> Sequence[TenantSummary]:
    with mapped():
        return [TenantSummary(**row) for row in connection.execute(_sql["list"]).fetchall()]


def _slot_and_secret() -> tuple[Slot, str]:
    return Slot(secrets.token_hex(16)), base64.b64encode(secrets.token_bytes(32)).decode()


def _is(tenant: TenantSummary, context_identifier: str, environment: str | None) -> bool:
    same_name = tenant.context_identifier.lower() == context_identifier.lower()
    return same_name and environment in {None, tenant.environment}


def _new_id(connection: Connection) -> TenantId:
    with mapped():
        (row,) = connection.execute(_sql["new_id"]).fetchall()
    return TenantId(row["tenant_id"])


def _exists(context_identifier: str) -> Refused:
    return Refused(
        "tenant_exists",
        f"{context_identifier} is here already",
        "see `so-privacy tenant show`",
        Exit.CANT_CREATE,
    )
