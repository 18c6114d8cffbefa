"""How a tenant's mail server is set: all of it among the secrets, with its password."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from so_privacy_ext.model import SMTP
from so_privacy_ext.ports import Ledgers
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession

_SECRET = f"channel/{SMTP}"


def mail_server(session: TenantSession, data_key: DataKey) -> Mapping[str, Any] | None:
    """Give what is set, password and all; None where nothing is."""
    found = tenants.find_secret(session, data_key, _SECRET)
    return None if found is None else dict(json.loads(found))


def set_mail_server(
    session: TenantSession,
    ledgers: Ledgers,
    data_key: DataKey,
    server: Mapping[str, Any],
    *,
    who: str,
    told: Mapping[str, Any],
) -> None:
    """Keep how it is set from now on; journaled as `told`."""
    with ledgers.transaction():
        tenants.put_secret(session, data_key, _SECRET, json.dumps(dict(server)).encode())
        ledgers.journal.append("channel_set", None, {"channel": SMTP, "who": who, **told})


def remove_mail_server(session: TenantSession, ledgers: Ledgers, *, who: str) -> bool:
    """Forget it; letters that go by it wait from now on. False if there was none."""
    with ledgers.transaction():
        changed = tenants.drop_secret(session, _SECRET)
        if changed:
            ledgers.journal.append("channel_removed", None, {"channel": SMTP, "who": who})
    return changed
