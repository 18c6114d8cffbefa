"""Serves an application on sockets that somebody else may hold, and ends in time."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import socket
import threading
from collections.abc import Collection, Iterator, Sequence
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from so_privacy_ext.web import security
from so_privacy_ext.web.connections import Connections
from so_privacy_ext.web.limits import Limits
from so_privacy_ext.web.wire import WireProtocol

_SWEEP_SECONDS = 0.25
_BACKLOG = 2048
# What ending takes besides waiting for requests: closing, cancelling, the interpreter.
_MARGIN = 1.5


class Server(uvicorn.Server):
    """Sweeps its connections, and ends quietly when it is told to."""

    def __init__(self, config: uvicorn.Config, everybody: Connections) -> None:
        super().__init__(config)
        self._everybody = everybody
        self._sweeper: asyncio.Task[None] | None = None
        self.ended_by: signal.Signals | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._sweeper = asyncio.create_task(self._sweep())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self._sweeper is not None:
            self._sweeper.cancel()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.ended_by = signal.Signals(sig)
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals without raising them again afterwards: to end when told to is success."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            self._everybody.sweep(loop.time())


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket, for a parent to hold; `OSError` if the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except BaseException:
        listening.close()
        raise
    listening.set_inheritable(True)
    return listening


def make_server(
    application: ASGIApp,
    *,
    hosts: Collection[str] | None = None,
    limits: Limits | None = None,
    graceful: float = 10.0,
    trusted_proxies: Collection[str] = (),
) -> Server:
    """Make a server that is not started; `hosts` are the names a request may be for, none means any.

    `trusted_proxies` are addresses and networks that are believed when they say for whom they ask.
    """
    if trusted_proxies:
        trusting = ProxyHeadersMiddleware(cast("Any", application), list(trusted_proxies))
        application = cast("ASGIApp", trusting)
    limits = (limits or Limits()).within_open_files()
    everybody = Connections(limits)
    protocol = functools.partial(
        WireProtocol,
        limits=limits,
        everybody=everybody,
        hosts=None if hosts is None else frozenset(name.lower().encode("ascii") for name in hosts),
    )
    config = uvicorn.Config(
        cast("Any", application),
        # uvicorn only calls it.
        http=cast("type[asyncio.Protocol]", protocol),
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        headers=list(security.HEADERS),
        backlog=_BACKLOG,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=cast("int", max(0.0, graceful - _MARGIN)),
    )
    return Server(config, everybody)


def serve(
    application: ASGIApp,
    *,
    sockets: Sequence[socket.socket] = (),
    fd: int | None = None,
    hosts: Collection[str] | None = None,
    limits: Limits | None = None,
    graceful: float = 10.0,
    trusted_proxies: Collection[str] = (),
) -> signal.Signals | None:
    """Serve until SIGTERM or SIGINT, finish what is under way within `graceful` seconds, tell which it was.

    A listening socket that came by number belongs to a parent; here only our copy of it is closed.
    """
    listening = [*sockets, *([] if fd is None else [socket.socket(fileno=fd)])]
    server = make_server(
        application, hosts=hosts, limits=limits, graceful=graceful, trusted_proxies=trusted_proxies
    )
    server.run(sockets=listening)
    return server.ended_by
