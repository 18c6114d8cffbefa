"""The mail server of each tenant: how it is set, whether it works, and what carries letters to it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from so_privacy_ext.errors import Exit, Refused, Retry
from so_privacy_ext.model import CRM_MAIL, SMTP
from so_privacy_ext.ports import Carrier, Clock
from so_privacy_ext.posting.carrier import MailServerCarrier, Rests
from so_privacy_ext.posting.server import MailServer, read_server
from so_privacy_ext.posting.smtp import signed_in, trusting, try_sender
from so_privacy_ext.storage import channels
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.turns import Turn


class Mailing:
    """One per process."""

    def __init__(self, data_key: DataKey, clock: Clock, ca_file: Path | None) -> None:
        self._data_key = data_key
        self._clock = clock
        self._ca_file = ca_file
        self._rests = Rests()
        self._trust: ssl.SSLContext | None = None
        self._guard = threading.Lock()

    def carriers(self, turn: Turn) -> Mapping[str, Carrier]:
        """Give what carries a tenant's letters besides the CRM and plugins; nothing is read yet."""
        session = turn.session
        carrier = MailServerCarrier(
            turn.tenant.tenant_id, lambda: self.server(session), self._trusted, self._clock, self._rests
        )
        return {SMTP: carrier}

    def names(self, session: TenantSession) -> frozenset[str]:
        """Give the channels that a tenant can name without any plugin."""
        return frozenset({CRM_MAIL} if self.server(session) is None else {CRM_MAIL, SMTP})

    def server(self, session: TenantSession) -> MailServer | None:
        """Give a tenant's mail server."""
        kept = channels.mail_server(session, self._data_key)
        return None if kept is None else read_server(kept)

    def set(self, turn: Turn, changed: Mapping[str, Any], *, who: str) -> MailServer:
        """Set a tenant's mail server, or some of it otherwise; refused with all mistakes."""
        kept = {**(channels.mail_server(turn.session, self._data_key) or {}), **changed}
        server = read_server(kept)
        told = {"host": server.host, "port": server.port, "security": str(server.security)}
        channels.set_mail_server(turn.session, turn.ledgers, self._data_key, kept, who=who, told=told)
        return server

    def remove(self, turn: Turn, *, who: str) -> bool:
        """Forget a tenant's mail server. False if there was none."""
        return channels.remove_mail_server(turn.session, turn.ledgers, who=who)

    def try_out(self, session: TenantSession) -> MailServer:
        """Reach a tenant's mail server, sign in, and see that the sender may write; nothing is sent."""
        server = self.server(session)
        if server is None:
            how = "so-privacy channel set --host mail.example.com --sender privacy@example.com"
            raise Refused("no_mail_server", "no mail server is set for this tenant", how, Exit.CONFIG)
        try:
            with signed_in(server, self._trusted()) as connection:
                try_sender(connection, server)
        except Retry as failed:
            how = "see how it is set: so-privacy channel list; set it otherwise: so-privacy channel set"
            what = f"{server.host}:{server.port}: {failed.detail}"
            raise Refused("mail_server", what, how, Exit.UNAVAILABLE) from None
        return server

    def _trusted(self) -> ssl.SSLContext:
        with self._guard:
            if self._trust is None:
                self._trust = trusting(self._ca_file)
            return self._trust
