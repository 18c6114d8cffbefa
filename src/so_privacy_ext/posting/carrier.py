"""Carries a tenant's letters to its mail server, and leaves one that fails alone for a while."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from so_privacy_ext.errors import Applied, Fault, Retry
from so_privacy_ext.model import SMTP, TenantId
from so_privacy_ext.ports import Clock, Letter
from so_privacy_ext.posting.server import MailServer
from so_privacy_ext.posting.smtp import deliver, signed_in

REST = 60.0
"""Seconds for which a server is left alone that could not be reached or let us in."""


@dataclass(slots=True)
class Rests:
    """Servers that are left alone, of all tenants of this process."""

    clock: Callable[[], float] = time.monotonic
    _until: dict[tuple[TenantId, MailServer], float] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, tenant_id: TenantId, server: MailServer) -> None:
        """Leave a server alone from now on."""
        with self._guard:
            now = self.clock()
            self._until = {key: until for key, until in self._until.items() if until > now}
            self._until[tenant_id, server] = now + REST

    def rests(self, tenant_id: TenantId, server: MailServer) -> bool:
        """Tell whether a server is left alone; one that was set otherwise is another."""
        with self._guard:
            return self._until.get((tenant_id, server), 0.0) > self.clock()


@dataclass(frozen=True, slots=True)
class MailServerCarrier:
    """Carries letters of one tenant by SMTP, one connection for each."""

    tenant_id: TenantId
    server: Callable[[], MailServer | None]
    """What is set now."""
    trust: Callable[[], ssl.SSLContext]
    clock: Clock
    rests: Rests

    def carry(self, letter: Letter) -> None:
        """Carry a letter; raises `Retry` or `NeedsHuman`, see `deliver`."""
        server = self.server()
        if server is None:
            raise Retry(Fault.CHANNEL, SMTP, applied=Applied.NO, detail="no mail server is set")
        if self.rests.rests(self.tenant_id, server):
            why = "the mail server has just failed, and is left alone for a minute"
            raise Retry(Fault.CHANNEL, SMTP, applied=Applied.NO, detail=why)
        reached = False
        try:
            with signed_in(server, self.trust()) as connection:
                reached = True
                deliver(connection, server, letter, self.clock.now())
        except Retry:
            if not reached:
                self.rests.begin(self.tenant_id, server)
            raise
