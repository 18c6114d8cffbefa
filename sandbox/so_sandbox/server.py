"""Runs a sandbox: within a test's own process, or as the process that `so-sandbox up` is."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from so_sandbox import credentials as files
from so_sandbox.application import create_application
from so_sandbox.credentials import Credentials
from so_sandbox.dispatcher import Dispatcher
from so_sandbox.login.site import Site
from so_sandbox.sandbox import Sandbox
from so_sandbox.world.world import World

HOST = "127.0.0.1"
PORT = 7400
VENDOR = "SO_VENDOR_WSDL_DIR"
"""Environment variable that names the vendor's own WSDLs, to judge every envelope by."""
_BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox is run; all times are real."""

    host: str = HOST
    port: int = 0
    """0 = any that is free."""
    prefix: str = ""
    issuer: str | None = None
    """None = the sandbox's own address."""
    speed: float = 1.0
    """How many times faster than the vendor's the dispatcher's waits go by."""
    timeout: float = 10.0
    """Seconds that a webhook's target has for its answer."""
    concurrency: int = 1
    """Events that one webhook is brought at a time."""
    one_clock: bool = False
    """Whether the login service lives by the clock that can be moved, too; for a client that does as well."""


class RunningSandbox:
    """A sandbox that answers; leave it by `stop()` or as a context manager."""

    def __init__(self, sandbox: Sandbox, listener: socket.socket) -> None:
        self.sandbox = sandbox
        self._listener = listener
        vendor = os.environ.get(VENDOR)
        self._server = uvicorn.Server(
            uvicorn.Config(
                create_application(sandbox, vendor=Path(vendor) if vendor else None),
                http="httptools",
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    @property
    def url(self) -> str:
        return self.sandbox.site.url

    @property
    def directory(self) -> Path | None:
        return self.sandbox.directory

    @property
    def world(self) -> World:
        return self.sandbox.world

    @property
    def dispatcher(self) -> Dispatcher:
        return self.sandbox.dispatcher

    @property
    def credentials(self) -> Credentials:
        return self.sandbox.credentials

    def begin(self) -> None:
        """Answer from now on; connections wait in the socket until the server is up."""
        self.dispatcher.start()
        self._thread.start()

    def stop(self) -> None:
        """End what runs and free the port."""
        self._server.should_exit = True
        self._thread.join()
        self.dispatcher.stop()
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])


def start(
    port: int = 0,
    *,
    world: World | None = None,
    directory: Path | None = None,
    speed: float = 1.0,
    timeout: float = 10.0,
    concurrency: int = 1,
    one_clock: bool = False,
) -> RunningSandbox:
    """Start a sandbox within this process; a world with tenants is taken as it is, an empty one is seeded."""
    options = Options(port=port, speed=speed, timeout=timeout, concurrency=concurrency, one_clock=one_clock)
    return run(options, world=world, directory=directory)


def run(options: Options, *, world: World | None = None, directory: Path | None = None) -> RunningSandbox:
    """Bind, seed, write the files a client needs, and answer; OSError if the port can't be had."""
    listener = _listen(options.host, options.port)
    try:
        host = f"[{options.host}]" if ":" in options.host else options.host
        host = f"{host}:{listener.getsockname()[1]}"
        base = f"http://{host}{options.prefix}"
        site = Site("http", host, options.prefix, options.issuer or base)
        world = world or World()
        kept = files.load(directory) if directory is not None else None
        dispatcher = Dispatcher(
            world, speed=options.speed, timeout=options.timeout, concurrency=options.concurrency
        )
        sandbox = Sandbox(
            world,
            site,
            kept or files.new_credentials(),
            dispatcher,
            directory=directory,
            one_clock=options.one_clock,
        )
        sandbox.begin()
        running = RunningSandbox(sandbox, listener)
    except BaseException:
        listener.close()
        raise
    running.begin()
    return running


def wait_for_signal() -> signal.Signals:
    """Return Ctrl-C or SIGTERM when it comes."""
    came = noted_signals()
    while not came:
        time.sleep(0.1)
    return signal.Signals(came[0])


def noted_signals(*further: signal.Signals) -> list[int]:
    """Give a list in which Ctrl-C and SIGTERM are noted from now on, and further ones that nobody ignores."""
    came: list[int] = []

    def note(number: int, _: object) -> None:
        came.append(number)  # and no lock: a handler may interrupt what holds it, such as another handler

    heeded = [one for one in further if signal.getsignal(one) is not signal.SIG_IGN]
    for number in (signal.SIGINT, signal.SIGTERM, *heeded):
        signal.signal(number, note)
    return came


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
