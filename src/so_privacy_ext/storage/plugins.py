"""A tenant's plugins: which are on, as what it agreed to, by which settings, and what failed lately."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from so_privacy_ext.ports import Ledgers
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("plugins")


class Failure(Protocol):
    """What went wrong just now; never with personal data."""

    @property
    def plugin(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def how(self) -> str: ...


@dataclass(frozen=True, slots=True)
class KeptTrouble:
    """What went wrong with a plugin; never with personal data."""

    kind: str
    what: str
    how: str
    at: datetime
    """When it was last noted, which it is once an hour at the most."""


@dataclass(frozen=True, slots=True)
class KeptPlugin:
    """A plugin that is, or once was, switched on for the tenant."""

    name: str
    description: Mapping[str, Any]
    """What it said of itself when it was switched on."""
    former: Sequence[Mapping[str, Any]]
    """Words that it had before and has no more; manifests of that time are read by them."""
    who: str
    """Who switched it on, or off."""
    enabled_at: datetime | None
    """None while it is off."""
    troubles: Sequence[KeptTrouble] = ()
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    holds: bool = False
    """Whether it may hold data of the tenant's: from when it is on until it has erased them, on or off."""


def changes(session: TenantSession) -> int:
    """Count how often plugins were switched or set; 0 for a tenant that never had one."""
    return int(session.one(_sql["changes"])["plugins"])


def listed(session: TenantSession, data_key: DataKey) -> Sequence[KeptPlugin]:
    """Give all, in the order of their names, with their settings."""
    return [_plugin(session, data_key, row) for row in session.rows(_sql["list"])]


def _plugin(session: TenantSession, data_key: DataKey, row: Row) -> KeptPlugin:
    name, settings = row["name"], {}
    if row["sealed"] is not None:
        settings = json.loads(
            data_key.open(session.tenant_id, _secret(name), row["key_id"], bytes(row["sealed"]))
        )
    return KeptPlugin(
        name=name,
        description=row["description"],
        former=row["former"],
        who=row["who"],
        enabled_at=row["enabled_at"],
        troubles=[
            KeptTrouble(kind, one["what"], one["how"], datetime.fromisoformat(one["at"]))
            for kind, one in sorted(row["trouble"].items())
        ],
        settings=settings,
        holds=row["holds"],
    )


def enable(
    session: TenantSession,
    ledgers: Ledgers,
    data_key: DataKey,
    plugin: KeptPlugin,
    *,
    who: str,
    told: Mapping[str, Any],
) -> None:
    """Switch one on, or keep that its settings or what it may do are others; journaled as `told`."""
    values = {
        "name": plugin.name,
        "description": json.dumps(dict(plugin.description)),
        "former": json.dumps([dict(one) for one in plugin.former]),
        "who": who,
        "holds": plugin.description.get("holds") is not None,
    }
    with ledgers.transaction():
        session.run(_sql["enable"], values)
        settings = json.dumps(dict(plugin.settings)).encode()
        tenants.put_secret(session, data_key, _secret(plugin.name), settings)
        session.run(_sql["changed"])
        ledgers.journal.append("plugin_on", None, {"plugin": plugin.name, "who": who, **told})


def disable(
    session: TenantSession, ledgers: Ledgers, name: str, *, who: str, told: Mapping[str, Any] | None = None
) -> bool:
    """Switch one off; its settings and its words are kept. False if it was not on."""
    with ledgers.transaction():
        changed = session.run(_sql["disable"], {"name": name, "who": who}) > 0
        if changed:
            session.run(_sql["changed"])
            ledgers.journal.append("plugin_off", None, {"plugin": name, "who": who, **(told or {})})
    return changed


def failed(session: TenantSession, ledgers: Ledgers, failure: Failure) -> bool:
    """Note and journal that a plugin failed; False if this kind of it was noted within the hour."""
    name, kind, what = failure.plugin, failure.kind, failure.what
    with ledgers.transaction():
        values = {"name": name, "kind": kind, "what": what, "how": failure.how}
        is_news = session.run(_sql["failed"], values) > 0
        if is_news:
            ledgers.journal.append("plugin_failed", None, {"plugin": name, "kind": kind, "what": what})
    return is_news


def _secret(name: str) -> str:
    return f"plugin/{name}"
