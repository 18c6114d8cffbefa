"""The server of the product in a thread, over the fake storage."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from so_privacy_ext.ports import Receiving
from so_privacy_ext.web.application import Application, create_application
from so_privacy_ext.web.limits import Limits
from so_privacy_ext.web.server import Server, listen, make_server
from tests.unit.web.fake_receiving import FakeReceiving


@dataclass
class Running:
    address: tuple[str, int]
    storage: FakeReceiving
    application: Application
    server: Server


Run = Callable[..., contextlib.AbstractContextManager[Running]]


@contextlib.contextmanager
def run(
    storage: FakeReceiving | None = None,
    *,
    limits: Limits | None = None,
    hosts: Any = None,
    graceful: float = 3.0,
    trusted_proxies: Sequence[str] = (),
    **options: Any,
) -> Iterator[Running]:
    storage = storage or FakeReceiving()
    with serving(
        storage, limits=limits, hosts=hosts, graceful=graceful, trusted_proxies=trusted_proxies, **options
    ) as (address, application, server):
        try:
            yield Running(address, storage, application, server)
        finally:
            storage.open.set()


@contextlib.contextmanager
def serving(
    receiving: Receiving,
    *,
    listening: socket.socket | None = None,
    limits: Limits | None = None,
    hosts: Any = None,
    graceful: float = 3.0,
    trusted_proxies: Sequence[str] = (),
    **options: Any,
) -> Iterator[tuple[tuple[str, int], Application, Server]]:
    """Serve an application in a thread, on a socket that is open already or on one of its own."""
    application = create_application(receiving, **options)
    server = make_server(
        application, limits=limits, hosts=hosts, graceful=graceful, trusted_proxies=trusted_proxies
    )
    listening = listening or listen("127.0.0.1", 0)
    address: tuple[str, int] = listening.getsockname()[:2]
    thread = threading.Thread(target=_serve, args=(server, listening))
    thread.start()
    try:
        yield address, application, server
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def _serve(server: Server, listening: socket.socket) -> None:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listening]))


@pytest.fixture(scope="session")
def running() -> Run:
    return run


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    """One server for tests that leave nothing behind but rows."""
    with run() as one:
        yield one
