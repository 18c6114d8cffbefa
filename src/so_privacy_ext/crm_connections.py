"""The ways from here to SuperOffice, kept by each process: environments, their keys, tenants' connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from so_privacy_ext.application_files import ApplicationFiles
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import ContextIdentifier, Epoch, TenantId, TenantLists
from so_privacy_ext.ports import Clock, MassWriter
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import SYSTEM_USER_TOKEN
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.clock import time_at
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from so_privacy_ext.superoffice.environments import Environment, load
from so_privacy_ext.superoffice.mass import SuperOfficeMass
from so_privacy_ext.superoffice.signing_keys import SigningKeys
from so_privacy_ext.superoffice.wire import Wire


class CrmConnections:
    """Kept between turns, since a ticket, a parsed WSDL and the lists are dear to get."""

    def __init__(self, settings: Settings, dsn: str, data_key: DataKey, clock: Clock) -> None:
        self.application_files = ApplicationFiles(settings)
        self._settings = settings
        self._dsn = dsn
        self._data_key = data_key
        self._clock = clock
        self._of_tenants: dict[TenantId, TenantConnection] = {}
        self._epochs: dict[TenantId, Epoch] = {}
        self._keys: dict[str, SigningKeys] = {}
        self._guard = threading.Lock()

    def environment(self, name: str) -> Environment:
        """Give an environment by its name."""
        known = load(self._settings.environments_file)
        if name not in known:
            raise Refused(
                "unknown_environment", f"{name!r}", f"choose one of {', '.join(sorted(known))}", Exit.USAGE
            )
        return known[name]

    def signing_keys(self, environment: Environment) -> SigningKeys:
        """Give the keys that sign for an environment, fetched when first needed and shared by all."""
        with self._guard:
            known = self._keys.get(environment.name)
            if known is None:
                wire = self._wire(environment)
                known = self._keys[environment.name] = SigningKeys(environment, wire)
            return known

    def time_at(self, name: str) -> datetime | None:
        """Give the time by the clock of an environment's login service; None if it doesn't say."""
        environment = self.environment(name)
        wire = self._wire(environment)
        try:
            return time_at(wire, environment)
        finally:
            wire.close()

    def of(self, turn: Turn) -> TenantConnection:
        """Give the connection of the tenant whose turn it is."""
        tenant_id = turn.tenant.tenant_id
        with self._guard:
            known = self._of_tenants.get(tenant_id)
            if known is None:
                known = self._of_tenants[tenant_id] = self.connect(
                    turn.tenant.context_identifier, turn.tenant.environment, lambda: self.token(tenant_id)
                )
            if self._epochs.setdefault(tenant_id, turn.tenant.epoch) != turn.tenant.epoch:
                self._epochs[tenant_id] = turn.tenant.epoch
                known.lists.forget()  # the numbers of lists were set back as well
            return known

    def client(self, turn: Turn) -> SoapClient:
        """Give a client of the tenant's web services, at the pace of its turn."""
        return SoapClient(self.of(turn), turn.pace)

    def crm(self, turn: Turn) -> SuperOfficeCrm:
        """Give a tenant's CRM, at the pace of its turn, with lists that all processes share."""
        return SuperOfficeCrm(self.of(turn), turn.pace, turn.lists)

    def lists_now(self, turn: Turn) -> TenantLists:
        """Read a tenant's lists as they are now, for whoever has just changed them."""
        crm = self.crm(turn)
        crm.forget_lists()
        return crm.lists()

    def mass_writer(self, turn: Turn) -> MassWriter:
        """Give what writes many consents at once; refused to a tenant that has not opted in."""
        if not turn.tenant.mass_writes:
            name = turn.tenant.context_identifier
            what = f"{name} does not let us write many consents in one call"
            how = f"its administrator opts in with `so-privacy tenant mass {name} on`"
            raise Refused("mass_off", what, how, Exit.NO_PERMISSION)
        client = SoapClient(self.of(turn), turn.pace, mass=True)
        return SuperOfficeMass(client, self.crm(turn).lists)

    def connect(
        self, context_identifier: str, environment: str, system_user_token: Callable[[], str]
    ) -> TenantConnection:
        """Make a connection that is not kept; whoever asks for it closes it."""
        return TenantConnection(
            self.environment(environment),
            self.application_files,
            ContextIdentifier(context_identifier),
            system_user_token,
            self._clock,
            ca_file=self._settings.ca_file,
        )

    def token(self, tenant_id: TenantId) -> str:
        """Read a tenant's system user token as it is kept now: another process may have got a new one."""
        with open_session(self._dsn, tenant_id) as session:
            return tenants.read_secret(session, self._data_key, SYSTEM_USER_TOKEN).decode()

    def forget(self, context_identifier: str, environment: str) -> None:
        """Have the tenant's next turn begin with what is kept now, such as another system user token."""
        with self._guard:
            stale = [
                tenant_id
                for tenant_id, one in self._of_tenants.items()
                if (one.context_identifier, one.environment.name) == (context_identifier, environment)
            ]
            gone = [self._of_tenants.pop(tenant_id) for tenant_id in stale]
        for connection in gone:
            connection.close()

    def close(self) -> None:
        for connection in self._of_tenants.values():
            connection.close()

    def _wire(self, environment: Environment) -> Wire:
        return Wire(
            private_addresses_allowed=environment.private_addresses_allowed, ca_file=self._settings.ca_file
        )
