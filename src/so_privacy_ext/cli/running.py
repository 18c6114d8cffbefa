"""The commands that run: `up` for all in one, `web` and `worker` on as many machines as wanted."""

from __future__ import annotations

import socket
import sys
import threading
from signal import SIGINT, SIGTERM, signal
from typing import Annotated

import typer

from so_privacy_ext import settings as configuration
from so_privacy_ext.app import App, find_database
from so_privacy_ext.cli.logs import log_as_json
from so_privacy_ext.cli.supervisor import Child, Supervisor, watch
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import embedded
from so_privacy_ext.storage.database import migrate
from so_privacy_ext.web.application import create_application
from so_privacy_ext.web.server import serve
from so_privacy_ext.worker import Worker

_BACKLOG = 2048

Lifeline = Annotated[int | None, typer.Option(hidden=True)]


def register(program: typer.Typer) -> None:
    """Add the commands to the program."""
    program.command("up")(up)
    program.command("web")(web)
    program.command("worker")(worker)


def up() -> None:
    """Run everything on this machine: PostgreSQL (unless DATABASE_URL is set), web and worker."""
    settings = configuration.read()
    # The socket outlives every restart of the web process: a caller waits, and is not refused.
    listener = _listen(settings)
    server = None
    if settings.database_url is None:
        line = embedded.announcement(settings.data_dir)
        if line is not None:
            print(line, file=sys.stderr)
        server = embedded.start(settings.data_dir)
    try:
        dsn = settings.database_url or (server.dsn if server else "")
        migrate(dsn)
        App(settings, dsn).close()
        host, port = listener.getsockname()[:2]
        print(
            f"so-privacy listens on http://{host}:{port} and is reached as {settings.public_url}", flush=True
        )
        children = [
            Child("web", ["web", "--fd", str(listener.fileno())], [listener.fileno()]),
            Child("worker", ["worker"]),
        ]
        Supervisor(children, lambda line: print(line, file=sys.stderr, flush=True)).run()
    finally:
        listener.close()
        if server is not None:
            server.stop()
    print("so-privacy has stopped")


def web(
    fd: Annotated[
        int | None, typer.Option(help="Listen on this inherited socket instead of SO_PRIVACY_BIND.")
    ] = None,
    lifeline: Lifeline = None,
) -> None:
    """Receive webhooks and serve pages."""
    settings = configuration.read()
    log_as_json()
    listener = socket.socket(fileno=fd) if fd is not None else _listen(settings)
    dsn = _database(settings)
    app = App(settings, dsn)
    watch(lifeline)
    receiving = app.receiving()
    try:
        serve(create_application(receiving), sockets=[listener])
    finally:
        receiving.close()
        app.close()


def worker(lifeline: Lifeline = None) -> None:
    """Take tenants' turns: read, decide, write, tell."""
    settings = configuration.read()
    log_as_json()
    app = App(settings, _database(settings))
    app.application()
    stop = threading.Event()
    for number in (SIGTERM, SIGINT):
        signal(number, lambda *_: stop.set())
    watch(lifeline)
    Worker(app.dsn, app.take, app.make_work, threads=settings.worker_threads).run(stop)
    app.close()


def _database(settings: Settings) -> str:
    dsn = find_database(settings)
    migrate(dsn)
    return dsn


def _listen(settings: Settings) -> socket.socket:
    host, port = settings.address
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        raise Refused(
            "cannot_listen",
            f"{settings.bind}: {error.strerror or 'no such address'}",
            "stop what uses it, or set SO_PRIVACY_BIND to another host:port",
            Exit.UNAVAILABLE,
        ) from None
    return listener
