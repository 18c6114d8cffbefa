"""What all tests of a run stand on: a PostgreSQL, a sandbox, and a tenant that is installed once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from so_privacy_ext.settings import Settings
from so_privacy_ext.storage.database import migrate
from so_privacy_ext.web.server import listen
from so_privacy_kit import database
from so_privacy_kit.clock import Clock
from so_privacy_kit.database import Server
from so_privacy_kit.product import Product
from so_privacy_kit.stage import Stage, install
from so_privacy_kit.tenant import Tenant
from so_sandbox import server as sandbox_server
from so_sandbox.server import RunningSandbox
from so_sandbox.world.world import Snapshot

_READY = "so_ready"
"""The database in which the first tenant is installed."""
_SPEED = 50.0
"""How much faster than SuperOffice the sandbox tries a delivery again."""


@dataclass(frozen=True)
class Ground:
    """Ready for any number of tests, one after another."""

    server: Server
    sandbox: RunningSandbox
    settings: Settings
    listener: socket.socket
    ready: Snapshot

    @classmethod
    @contextmanager
    def laid(cls, *, say: Callable[[str], object]) -> Iterator[Ground]:
        """Lay it, which takes some seconds; it is gone after the block."""
        line = database.announcement()
        if line is not None:
            say(f"so-privacy: {line}")
        with (
            database.server() as (server, folder),
            sandbox_server.start(directory=folder / "sandbox", speed=_SPEED, one_clock=True) as sandbox,
            closing(listen("127.0.0.1", 0)) as listener,
        ):
            settings = _settings(folder, listener.getsockname()[1])
            ready = server.make(_READY)
            migrate(ready)
            product = Product(settings, ready, Clock(sandbox.world))
            with closing(product), product.served(listener):
                first = next(iter(sandbox.world.tenants.values()))
                install(sandbox, Tenant(product, sandbox.world, first))
                while product.worker.take_due():
                    pass  # the test deliveries of our webhooks
                sandbox.dispatcher.hang_up()
            yield cls(server, sandbox, settings, listener, sandbox.world.snapshot())

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        """Give a test the ground as it was laid."""
        self._begin_anew()
        with self.server.copied(_READY) as name:
            product = Product(self.settings, self.server.address(name), Clock(self.sandbox.world))
            with closing(product), product.served(self.listener):
                try:
                    yield Stage(self.sandbox, product, self.server, name)
                finally:
                    self.sandbox.dispatcher.hang_up()

    def _begin_anew(self) -> None:
        sandbox = self.sandbox
        sandbox.dispatcher.clear()
        sandbox.dispatcher.resume()
        sandbox.dispatcher.lose(0.0)
        sandbox.sandbox.login.reset()
        sandbox.world.restore(self.ready)
        sandbox.world.faults.clear()
        sandbox.world.calls.clear()
        sandbox.world.schema_violations.clear()


def _settings(folder: Path, port: int) -> Settings:
    """Give the settings that `so-sandbox up` writes down for a client, and a public address of ours."""
    files = folder / "sandbox"
    return Settings(
        database_url=None,
        data_dir=folder / "data",
        public_url=f"http://127.0.0.1:{port}",
        client_id=(files / "client_id").read_text().strip(),
        environment="sandbox",
        application_token_file=files / "application_token",
        private_key_file=files / "private_key.pem",
        environments_file=files / "environments.json",
        outward_networks=("127.0.0.0/8",),
    )
