"""The product on one database: wired as its commands wire it, with its own server and a worker's turns."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from so_privacy_ext.app import App
from so_privacy_ext.model import TenantId
from so_privacy_ext.ports import Clock
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import turns
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.web.application import create_application
from so_privacy_ext.web.server import make_server
from so_privacy_ext.worker import Worker

_UP = 20.0
"""Seconds within which the receiver answers, on however busy a machine."""


class Product(App):
    """The product; its calls need not keep to ten a second, since the sandbox takes any number."""

    def __init__(self, settings: Settings, dsn: str, clock: Clock) -> None:
        super().__init__(settings, dsn, clock=clock)
        self.receiver: ReceivingStore = self.receiving()
        self.worker = Worker(dsn, self.take, self.make_work, threads=1, chores=self.chores(), care=self)

    def take(self, tenant_id: TenantId, *, wait: float = 0.0) -> Turn | None:
        return turns.take(self.dsn, tenant_id, self.data_key, wait=wait, place=_at_once)

    @contextmanager
    def served(self, listener: socket.socket) -> Iterator[None]:
        """Answer on a socket that stays open after the block."""
        application = create_application(self.receiver, routes=self.pages())
        server = make_server(application, hosts=self.settings.hosts, graceful=2.0)
        thread = threading.Thread(
            target=server.run, args=([listener.dup()],), name="so-privacy web", daemon=True
        )
        thread.start()
        try:
            until = time.monotonic() + _UP
            while not server.started:
                if not thread.is_alive() or time.monotonic() > until:
                    raise RuntimeError("the receiver of so-privacy does not start")
                thread.join(0.005)
            yield
        finally:
            server.should_exit = True
            thread.join()

    def close(self) -> None:
        self.receiver.close()
        super().close()


def _at_once(_session: TenantSession) -> None:
    """Take no place in a line of calls."""
