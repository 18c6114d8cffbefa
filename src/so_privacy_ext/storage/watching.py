"""How our webhooks stand in a tenant, as far as we must remember it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from so_privacy_ext.model import WATCHDOG, WHOLE_SWEEP, Slot
from so_privacy_ext.storage import findings
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.statements import Statements
from so_privacy_ext.storage.tenants import SECRET_OF, put_secret
from so_privacy_ext.storage.turns import Turn

RETIRED = 86400.0
"""Seconds for which a slot is kept alive that another one has followed; the CRM tries for five."""

_sql = Statements("watching")


@dataclass(frozen=True, slots=True)
class KeptWebhook:
    """A subscription with how it stood; ages in seconds."""

    slot: Slot
    kind: str
    secret: str = field(repr=False)
    webhook_id: int
    checked: float | None = None
    mended: float | None = None
    total_errors: int = 0


class WatchBook:
    """Implements `lifecycle.watchdog.Register` under a tenant's turn."""

    def __init__(self, turn: Turn, data_key: DataKey, among: Collection[str]) -> None:
        """`among` names the kinds of findings that are the watchdog's."""
        self._turn = turn
        self._session = turn.session
        self._data_key = data_key
        self._among = among

    def kept(self) -> Sequence[KeptWebhook]:
        """Give the newest subscription of each kind that has a webhook, the one for events first."""
        with self._session.transaction():
            for row in self._session.rows(_sql["forget_retired"], {"seconds": RETIRED}):
                values = {"name": SECRET_OF[row["kind"]], "kind": row["kind"]}
                self._session.run(_sql["drop_older_secrets"], values)
            return [
                KeptWebhook(**row, secret=self._turn.secret(SECRET_OF[row["kind"]]).decode())
                for row in self._session.rows(_sql["kept"])
            ]

    def renew(self, kind: str) -> KeptWebhook:
        """Keep a new slot and secret beside those of before, or give those that no webhook has yet."""
        name = SECRET_OF[kind]
        with self._session.committed():
            known = self._session.row(_sql["without_webhook"], {"kind": kind})
            if known is None:
                known = {"slot": Slot(secrets.token_hex(16))}
                secret = base64.b64encode(secrets.token_bytes(32))
                put_secret(self._session, self._data_key, name, secret, beside=True)
                self._session.run(_sql["add"], {**known, "kind": kind})
            return KeptWebhook(known["slot"], kind, self._turn.secret(name).decode(), webhook_id=0)

    def registered(self, slot: Slot, webhook_id: int) -> None:
        """Keep which webhook posts to a slot; the kind's other slots live on for a while."""
        with self._session.transaction():
            self._session.run(_sql["registered"], {"slot": slot, "webhook_id": webhook_id})
            self._session.run(_sql["retire"], {"slot": slot})

    def checked(self, slot: Slot, total_errors: int) -> None:
        """Note a look at the webhook, and how many deliveries had failed by then."""
        self._session.run(_sql["checked"], {"slot": slot, "total_errors": total_errors})

    def mended(self, slot: Slot) -> None:
        """Note that it was put right."""
        self._session.run(_sql["mended"], {"slot": slot})

    def show(self, what: str, subject: str, detail: Mapping[str, Any]) -> bool:
        """Show a human only this about a subject from now on; True if it is new."""
        with self._session.transaction():
            findings.settle(self._session, self._among, subject, but=(what,))
            return findings.show(self._session, what, subject, detail)

    def settle(self, subject: str) -> bool:
        """Show nothing about it any more; True if something was shown."""
        return findings.settle(self._session, self._among, subject)

    def swept_within(self, seconds: float) -> bool:
        """Tell whether a whole sweep began since then."""
        return self._turn.sweeps.fresh(seconds)

    def sweep(self, why: str) -> None:
        """Have the tenant swept at once."""
        with self._session.transaction():
            self._turn.sweeps.ask(why)
            self._turn.due(WHOLE_SWEEP, 0.0)

    def journal(self, content: Mapping[str, Any]) -> None:
        """Append what was found and done."""
        self._turn.ledgers.journal.append("webhook", None, content)


def look_anew(turn: Turn) -> None:
    """Have the webhooks looked at soon, and put right even if they were a moment ago: we want others now."""
    turn.session.run(_sql["not_mended"])
    turn.due(WATCHDOG, 0.0)
