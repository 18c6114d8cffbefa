"""What one test plays on: a copy of the ground, with one clock for all that is on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_kit.clock import Clock
from so_privacy_kit.database import Server
from so_privacy_kit.delivering import Deliver
from so_privacy_kit.product import Product
from so_privacy_kit.tenant import ENVIRONMENT, Tenant, published_manifest
from so_sandbox.server import RunningSandbox


class Stage:
    """The product and the sandbox, for the length of a test."""

    def __init__(self, sandbox: RunningSandbox, product: Product, server: Server, database: str) -> None:
        self.sandbox = sandbox
        self.product = product
        self._server = server
        self._database = database
        self.clock = Clock(sandbox.world, self._move)
        self.deliver = Deliver(sandbox.dispatcher, product.worker, self._left)
        for known in self._tenants():
            self._owe(Tenant(product, sandbox.world, sandbox.world.tenants[known.context_identifier]))

    def tenant(self, name: str | None = None) -> Tenant:
        """Give a tenant of the sandbox, the first one unless it is named; the product is installed in it."""
        world = self.sandbox.world
        name = name or next(iter(world.tenants))
        if world.tenant(name) is None:
            self.sandbox.sandbox.seed(name, 0, quietly=True)
        tenant = Tenant(self.product, world, world.tenants[name])
        if self.product.installed(name, ENVIRONMENT) is None:
            install(self.sandbox, tenant)
            self._owe(tenant)
        return tenant

    def _owe(self, tenant: Tenant) -> None:
        """Have a tenant owe what it owes again and again no sooner than it must, whatever its past was."""
        with self.product.turn(tenant.summary) as turn:
            for kind, chore in self.product.chores().items():
                turn.due(kind, chore.within)

    def _tenants(self) -> Sequence[TenantSummary]:
        with connect(self.product.dsn, application_name="so-privacy kit") as connection:
            return tenants.listed(connection)

    def _left(self) -> tuple[int, str | None]:
        """Give how many events wait, and why a tenant does."""
        known = self._tenants()
        parked = next((one.parked_reason for one in known if one.parked_reason), None)
        return sum(one.open for one in known), parked

    def _move(self, ahead: timedelta) -> None:
        self._server.move_time(self._database, ahead)
        self.product.receiver.close()  # its idle connections, which would live in the past


def install(sandbox: RunningSandbox, tenant: Tenant) -> None:
    """Install the product in a tenant, and let the published manifest decide."""
    tenant.product.install(tenant.name, ENVIRONMENT, sandbox.credentials.system_user_tokens[tenant.name])
    tenant.activate(published_manifest())
