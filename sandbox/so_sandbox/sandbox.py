"""One sandbox: a world with its login service, its dispatcher and what was kept of it."""

from __future__ import annotations

from pathlib import Path

from so_sandbox import credentials as files
from so_sandbox.credentials import Credentials
from so_sandbox.crowd import add_crowd
from so_sandbox.demo_tenant import add_demo_tenant, add_demo_tenants
from so_sandbox.dispatcher import Dispatcher
from so_sandbox.existing import add_existing
from so_sandbox.login.service import Login, real_time
from so_sandbox.login.site import Site
from so_sandbox.world.applications import Application
from so_sandbox.world.world import Snapshot, World


class Sandbox:
    """All that one process stands in for."""

    def __init__(
        self,
        world: World,
        site: Site,
        credentials: Credentials,
        dispatcher: Dispatcher,
        *,
        directory: Path | None = None,
        one_clock: bool = False,
    ) -> None:
        self.world = world
        self.site = site
        self.credentials = credentials
        self.dispatcher = dispatcher
        self.directory = directory
        """Where the files that a client needs are written; None = nowhere."""
        self.login = Login(world, site, now=world.clock.now if one_clock else real_time)
        self.snapshots: dict[str, Snapshot] = {}

    def begin(self) -> None:
        """Give an empty world its demo tenants, and let the application in."""
        if not self.world.tenants:
            add_demo_tenants(self.world)
        self._let_in()

    def reset(self) -> None:
        """Go back to the first moment; snapshots are kept."""
        self.dispatcher.clear()
        self.dispatcher.resume()
        self.dispatcher.lose(0.0)
        self.login.reset()
        self.world.reset()
        self.begin()

    def seed(
        self,
        context_identifier: str,
        persons: int,
        *,
        quietly: bool,
        bare: bool = False,
        existing: bool = False,
    ) -> list[int]:
        """Add a tenant unless it is there, and persons to it; quietly = no event tells of them.

        `existing`: persons who were there long before, of whom no event tells now either.
        """
        tenant = self.world.tenant(context_identifier)
        if tenant is None:
            if not (context_identifier.isascii() and context_identifier.isalnum()):
                raise ValueError(f"no tenant can be called {context_identifier!r}; write Cust and digits")
            tenant = add_demo_tenant(self.world, context_identifier, bare=bare)
            self._let_in()
        add = add_existing if existing else add_crowd
        if not (quietly or existing):
            return add(tenant, persons)
        with self.dispatcher.silence():
            return add(tenant, persons)

    def register(self, application: Application) -> None:
        """Make a further application known, or change one."""
        self.world.applications[application.client_id] = application
        if application.client_id == self.credentials.client_id:
            self.credentials.redirect_uris = application.redirect_uris
            self._let_in()

    def _let_in(self) -> None:
        """Let the application into every tenant and write down what it needs for that."""
        self.credentials.register(self.world)
        self.write_files()

    def write_files(self) -> None:
        """Write down what a client needs."""
        if self.directory is not None:
            files.write(self.directory, self.credentials, self.site)
