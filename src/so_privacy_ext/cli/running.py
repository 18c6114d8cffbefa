"""The commands that run: `up` for all in one, `web` and `worker` on as many machines as wanted."""

from __future__ import annotations

import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from signal import SIGINT, SIGTERM, Signals
from typing import Annotated

import typer

from so_privacy_ext import settings as configuration
from so_privacy_ext.app import App, find_database
from so_privacy_ext.application_files import read_application
from so_privacy_ext.cli.logs import log_as_json
from so_privacy_ext.cli.output import AsJson, print_json
from so_privacy_ext.cli.signals import Told
from so_privacy_ext.cli.supervisor import Child, Supervisor, watch
from so_privacy_ext.cli.terminal import Terminated
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.metrics_server import serve_metrics
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import embedded
from so_privacy_ext.storage.database import migrate
from so_privacy_ext.storage.keys import open_key_or_wait
from so_privacy_ext.web.application import create_application
from so_privacy_ext.web.server import serve
from so_privacy_ext.worker import Worker

_BACKLOG = 2048
_LARGEST_FD = 2**31 - 1

Lifeline = Annotated[int | None, typer.Option(min=0, max=_LARGEST_FD, hidden=True)]


def up(as_json: AsJson = False) -> None:
    """Run everything on this machine: PostgreSQL (unless DATABASE_URL is set), web and worker."""
    try:
        came = _run_all(configuration.read(), as_json=as_json)
    except Terminated:
        came = SIGTERM
    except KeyboardInterrupt:
        came = SIGINT
    if not as_json:
        print("so-privacy has stopped")
    _leave(came)


def _run_all(settings: Settings, *, as_json: bool) -> Signals:
    read_application(settings)  # without it no child can work; so it is refused here, before anything is done
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
        app = App(settings, dsn)
        app.refuse_strange_key()
        app.close()
        _announce(listener, settings.public_url, as_json=as_json)
        children = [
            Child("web", ["web", "--fd", str(listener.fileno())], [listener.fileno()]),
            Child("worker", ["worker"], environment=_of_worker(settings)),
        ]
        return Supervisor(children, lambda line: print(line, file=sys.stderr, flush=True)).run()
    finally:
        listener.close()
        if server is not None:
            server.stop()


def _of_worker(settings: Settings) -> dict[str, str]:
    """Give the worker the port after that of the web process, since one machine runs both."""
    address = settings.metrics_address
    return {} if address is None else {"SO_PRIVACY_METRICS_BIND": f"{address[0]}:{address[1] + 1}"}


def _announce(listener: socket.socket, public_url: str, *, as_json: bool) -> None:
    host, port = listener.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if as_json:
        print_json({"listens": address, "public_url": public_url})
    else:
        print(f"so-privacy listens on {address} and is reached as {public_url}")
    sys.stdout.flush()


def _leave(came: Signals | None) -> None:
    """Ctrl-C is told to whoever started us; to be told to end is no failure."""
    if came is SIGINT:
        raise typer.Exit(Exit.INTERRUPTED)


def web(
    fd: Annotated[
        int | None,
        typer.Option(
            min=0, max=_LARGEST_FD, help="Listen on this inherited socket instead of SO_PRIVACY_BIND."
        ),
    ] = None,
    lifeline: Lifeline = None,
) -> None:
    """Receive webhooks and serve pages."""
    settings = configuration.read()
    _log(settings, "web")
    listener = _listen(settings) if fd is None else _inherited(fd)
    dsn = _database(settings)
    # Without its key a delivery can't be judged and is answered 503, so that SuperOffice asks again.
    app = App(settings, dsn, open_key_or_wait(dsn, settings.data_key_path))
    _show_metrics(app)
    watch(lifeline)
    receiving = app.receiving()
    try:
        came = serve(
            create_application(receiving, routes=app.pages()),
            sockets=[listener],
            hosts=settings.hosts,
            trusted_proxies=settings.trusted_proxies,
        )
    finally:
        receiving.close()
        app.close()
    _leave(came)


def worker(lifeline: Lifeline = None) -> None:
    """Take tenants' turns: read, decide, write, tell."""
    settings = configuration.read()
    _log(settings, "worker")
    app = App(settings, _database(settings))
    app.application()
    app.refuse_strange_key()
    _show_metrics(app)
    told = Told()
    watch(lifeline)
    stop = threading.Event()
    working = Worker(
        app.dsn,
        app.take,
        app.make_work,
        threads=settings.worker_threads,
        care=app,
        chores=app.chores(),
    )
    with ThreadPoolExecutor(2, thread_name_prefix="worker") as pool:
        running = [pool.submit(one, stop) for one in (working.run, app.announcing.run)]
        while told.wait(1.0) is None and not any(one.done() for one in running):
            pass
        stop.set()
        for one in running:
            one.result()
    app.close()
    _leave(told.first)


def _log(settings: Settings, command: str) -> None:
    log_as_json(f"so-privacy {command}", folder=settings.log_dir, days=settings.log_days)


def _show_metrics(app: App) -> None:
    address = app.settings.metrics_address
    if address is not None:
        serve_metrics(address, app.overview, app.certificate_seconds)


def _database(settings: Settings) -> str:
    dsn = find_database(settings)
    migrate(dsn)
    return dsn


def _inherited(fd: int) -> socket.socket:
    try:
        return socket.socket(fileno=fd)
    except OSError as error:
        reason = error.strerror or "no such descriptor"
        raise Refused("bad_fd", f"--fd {fd}: {reason}", "name a listening socket", Exit.USAGE) from None


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
            "stop what uses it (another `so-privacy up`?), or set SO_PRIVACY_BIND to another host:port",
            Exit.NO_PERMISSION if isinstance(error, PermissionError) else Exit.UNAVAILABLE,
        ) from None
    return listener
