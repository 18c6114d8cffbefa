"""All that one process keeps open or remembers of one tenant between turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from so_privacy_ext.errors import Applied, CrmFailure, Fault
from so_privacy_ext.model import ContextIdentifier
from so_privacy_ext.ports import Clock
from so_privacy_ext.superoffice import faults, system_user, tenant_status
from so_privacy_ext.superoffice.breakers import Breakers
from so_privacy_ext.superoffice.environments import Environment
from so_privacy_ext.superoffice.list_cache import ListCache
from so_privacy_ext.superoffice.signing_keys import SigningKeys
from so_privacy_ext.superoffice.system_user import Application, SystemUser
from so_privacy_ext.superoffice.tenant_status import StatusCache, TenantStatus
from so_privacy_ext.superoffice.tickets import Tickets
from so_privacy_ext.superoffice.wire import Wire


class TenantConnection:
    """A tenant's session, ticket, status and lists; shared by all threads, by no other tenant."""

    def __init__(
        self,
        environment: Environment,
        application: Callable[[], Application],
        context_identifier: ContextIdentifier,
        system_user_token: Callable[[], str],
        clock: Clock,
        *,
        ca_file: Path | None = None,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.environment = environment
        self._application = application
        self.context_identifier = context_identifier
        self.clock = clock
        self.wire = Wire(private_addresses_allowed=environment.private_addresses_allowed, ca_file=ca_file)
        self.tickets = Tickets(lambda: self.authenticate().ticket)
        self.status = StatusCache(self.look_up_status, clock.now)
        self.lists = ListCache(elapsed)
        self.breakers = Breakers(elapsed)
        self.refuses_in = False
        """Whether this installation understands no `in (...)` in archive restrictions."""
        self.refuses_tables = False
        """Whether this installation lets nobody use the agent DatabaseTable."""
        self._system_user_token = system_user_token
        self._keys = SigningKeys(environment, self.wire, elapsed)
        self._elapsed = elapsed
        self._pause_lock = threading.Lock()
        self._paused_until = 0.0

    @property
    def application(self) -> Application:
        """Give what proves that we are the app, as it is now: key and secret may be replaced while we run."""
        return self._application()

    def endpoint(self) -> str:
        """Give the tenant's base URL; raise while the tenant doesn't run or asked for a pause."""
        left = self._paused_until - self._elapsed()
        if left > 0:
            raise faults.failure(Fault.THROTTLED, "Pause", applied=Applied.NO, wait=left)
        return tenant_status.endpoint_of(self.status.get(), self.clock.now())

    def pause(self, seconds: float) -> None:
        """Let no call of this tenant out for so long."""
        with self._pause_lock:
            self._paused_until = max(self._paused_until, self._elapsed() + seconds)

    def look_up_status(self) -> TenantStatus:
        """Ask the state API, past the cache."""
        return tenant_status.look_up(self.wire, self.environment, self.context_identifier, self.clock.now())

    def authenticate(self) -> SystemUser:
        """Sign in as our system user, past the cache."""
        return system_user.authenticate(
            self.wire,
            self.environment,
            self.application,
            self._keys,
            context_identifier=self.context_identifier,
            system_user_token=self._system_user_token(),
            now=self.clock.now(),
        )

    def react(self, failure: CrmFailure) -> None:
        """Remember what a failed call has taught for the calls after it."""
        if failure.fault is Fault.THROTTLED and failure.wait is not None:
            self.pause(failure.wait)
        elif failure.fault is Fault.MISDIRECTED:
            self.status.forget_endpoint()

    def close(self) -> None:
        self.wire.close()
