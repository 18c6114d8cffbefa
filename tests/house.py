"""The product in this process: a sandbox, the receiver on a port, and turns that a test takes itself."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import psycopg
import pytest
import uvicorn

from so_privacy_ext.app import App
from so_privacy_ext.model import SweepKind, TenantId
from so_privacy_ext.processing.drain import drain
from so_privacy_ext.processing.looking_up import look_up_due
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import manifests, turns
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.web.application import create_application
from so_privacy_ext.worker import Worker
from so_sandbox import server
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World

MANIFEST = Path(__file__).resolve().parents[1] / "manifests" / "rules" / "nordic-b2b.yaml"


class House:
    """A sandbox and a product that knows it; tenants are installed as an operator does it."""

    def __init__(
        self,
        dsn: str,
        folder: Path,
        *,
        speed: float = 50.0,
        paced: bool = False,
        world: World | None = None,
    ) -> None:
        self._patch = pytest.MonkeyPatch()
        if not paced:  # ten calls a second are what the tests of the pace are about
            self._patch.setattr(turns, "wait_for_place", lambda session: None)
        self.sandbox = server.start(directory=folder / "sandbox", world=world, speed=speed, timeout=2.0)
        self.world = self.sandbox.world
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        pairs = (
            line.split("=", 1) for line in (folder / "sandbox" / "settings.env").read_text().splitlines()
        )
        given = {key.removeprefix("SO_PRIVACY_").lower(): value.strip("'") for key, value in pairs}
        self.settings = Settings.model_validate(
            {**given, "data_dir": folder / "data", "public_url": f"http://127.0.0.1:{self.port}"}
        )
        (folder / "data").mkdir(exist_ok=True)
        self.app = App(self.settings, dsn)
        self.dsn = dsn
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._receiving = self.app.receiving()
        self.open()

    def open(self) -> None:
        """Receive."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(2048)
        config = uvicorn.Config(create_application(self._receiving), log_level="error", timeout_keep_alive=30)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        until(lambda: self._server is not None and self._server.started, "the receiver does not start")

    def shut(self) -> None:
        """Be out of reach."""
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = True
        self._thread.join(20)
        self._server = None

    def close(self) -> None:
        if self._server is not None:
            self.shut()
        self._patch.undo()
        self.sandbox.stop()
        self._receiving.close()
        self.app.close()

    # Tenants

    def install(self, name: str) -> Tenant:
        if self.world.tenant(name) is None:
            self.sandbox.sandbox.seed(name, 0, quietly=True)
        token = self.sandbox.credentials.system_user_tokens[name]
        self.app.install(name, "sandbox", token)
        self.activate(name, MANIFEST.read_bytes())
        return self.tenant(name)

    def activate(self, name: str, content: bytes) -> None:
        """Let a manifest decide from now on."""
        with self.turn(name) as turn:
            manifests.activate(turn.session, turn.ledgers, content, who="test", tell_from=None)

    def tenant(self, name: str) -> Tenant:
        return cast("Tenant", self.world.tenant(name))

    def summary(self, name: str) -> TenantSummary:
        return self.app.tenant(name)

    def hook(self, name: str) -> Webhook:
        """Give the webhook that tells of persons."""
        return next(one for one in self.tenant(name).webhooks() if "person.created" in one.events)

    # Turns

    @contextmanager
    def turn(self, name: str) -> Iterator[Turn]:
        with self.app.turn(self.summary(name)) as turn:
            yield turn

    def work(self, name: str) -> None:
        """Wait until what was told has come, and do all of it."""
        self.sandbox.dispatcher.wait_idle(30)
        with self.turn(name) as turn:
            work = self.app.make_work(turn, lambda: False)
            assert work is not None
            while drain(work):
                pass
            look_up_due(work)
        if self.sandbox.dispatcher.open or self.events(name, "open"):
            self.work(name)  # echoes of what was written

    def watch(self, name: str) -> None:
        with self.turn(name) as turn:
            self.app.healing(turn).watch()

    def sweep(self, name: str, kind: SweepKind = SweepKind.WHOLE) -> None:
        """Sweep to the end, in a turn of its own."""
        with self.turn(name) as turn:
            assert self.app.healing(turn).sweep(kind, "test", lambda: False) is not None

    def chore(self, name: str, kind: str) -> float:
        """Do periodic work share by share, as a worker does; give the seconds until it is due again."""
        with self.turn(name) as turn:
            for _ in range(100):
                seconds = self.app.chores()[kind].do(turn, lambda: False)
                if seconds:
                    return seconds
        raise AssertionError(f"{kind} never ends")

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Have a worker take turns and do what is owed periodically."""
        stop = threading.Event()
        working = Worker(
            self.dsn, self.app.take, self.app.make_work, threads=4, chores=self.app.chores(), care=self.app
        )
        thread = threading.Thread(target=working.run, args=[stop], daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(60)

    # What stands

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the database as its owner, who looks past the wall between tenants."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("SET search_path = so_privacy")
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def id(self, name: str) -> TenantId:
        return self.summary(name).tenant_id

    def events(self, name: str, state: str) -> int:
        found = self.rows(
            "SELECT count(*) FROM inbox WHERE tenant_id = %s AND state = %s AND name <> 'test'",
            self.id(name),
            state,
        )
        return int(str(found[0][0]))

    def decisions(self, name: str) -> int:
        return int(str(self.rows("SELECT count(*) FROM decision WHERE tenant_id = %s", self.id(name))[0][0]))

    def findings(self, name: str) -> dict[str, str]:
        """Give what is shown to a human, by what it is about."""
        found = self.rows("SELECT subject, what FROM finding WHERE tenant_id = %s", self.id(name))
        return {str(subject): str(what) for subject, what in found}

    def journal(self, name: str, kind: str) -> list[dict[str, object]]:
        found = self.rows(
            "SELECT content FROM journal WHERE tenant_id = %s AND kind = %s ORDER BY seq", self.id(name), kind
        )
        return [cast("dict[str, object]", content) for (content,) in found]

    def age(self, statement: str, *values: object) -> None:
        """Make rows older, as if time had gone by."""
        self.rows(statement, *values)

    def mails(self, name: str) -> list[int]:
        """Give who was sent our notices."""
        return [one.person_id for one in self.tenant(name).tables.outbox if one.by == "api"]


def until(true: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@contextlib.contextmanager
def silent(house: House) -> Iterator[None]:
    """Lose all that is told meanwhile."""
    house.sandbox.dispatcher.lose(1.0)
    try:
        yield
    finally:
        house.sandbox.dispatcher.lose(0.0)
