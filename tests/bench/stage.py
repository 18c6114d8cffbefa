"""Everything that is measured, started as processes in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import requests

from so_privacy_ext.storage import embedded
from so_privacy_ext.storage.database import migrate
from so_sandbox.demo.commands import free_port

_WAIT = 60.0


class StageError(Exception):
    """Something did not start, answer or finish; the text says what."""


class Stage:
    """A folder, its PostgreSQL, and the processes started on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._postgres = embedded.start(folder / "data")
        self.dsn = self._postgres.dsn
        migrate(self.dsn)
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.credentials = folder / "sandbox"
        self.site = folder / "site"
        """Where packages lie that only this stage's processes find."""
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        # Of the superuser: it looks past the wall between tenants.
        self.database = psycopg.connect(self.dsn, autocommit=True, application_name="bench")

    @property
    def postgres_pid(self) -> int:
        return int((self.folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0])

    def stop(self) -> None:
        """Stop all, PostgreSQL last."""
        for name in reversed(list(self.running)):
            self.end(name)
        self.database.close()
        self._postgres.stop()

    def end(self, name: str, *, kill: bool = False) -> None:
        process = self.running.pop(name)
        process.kill() if kill else process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def start_sandbox(self, *, concurrency: int) -> None:
        """Start a SuperOffice that brings so many events at a time to each webhook."""
        words = ["up", "--port", str(self.sandbox_port), "--dir", str(self.credentials)]
        words += ["--concurrency", str(concurrency)]
        self.start("sandbox", "-c", "from so_sandbox.cli import main; main()", *words)
        self.await_url("sandbox", f"{self.sandbox_url}/_sandbox/about")

    def start_web(self) -> None:
        self.start("web", "-m", "so_privacy_ext", "web")
        self.await_url("web", f"{self.url}/healthz/ready")

    def start_worker(self, name: str = "worker", **settings: str) -> None:
        """Start a worker and wait until it looks for work."""
        before = self._watchers()
        self.start(name, "-m", "so_privacy_ext", "worker", **settings)
        until(lambda: self._watchers() > before, f"{name} did not come up")

    def start(self, name: str, *words: str, **settings: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *words],
                env={**self.environment(), **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def await_url(self, name: str, url: str) -> None:
        """Wait until a process answers 200."""

        def answers() -> bool:
            if self.running[name].poll() is not None:
                raise StageError(f"{name} ended: {(self.folder / f'{name}.log').read_text()[-500:]}")
            try:
                return bool(requests.get(url, timeout=2).status_code == requests.codes.ok)
            except requests.RequestException:
                return False

        until(answers, f"{name} did not come up")

    def product(self, *words: str) -> Any:
        """Run a command of the product and give its JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "so_privacy_ext", *words, "--json"],
            env=self.environment(),
            capture_output=True,
            check=False,
            timeout=_WAIT,
        )
        if done.returncode != 0:
            raise StageError(f"so-privacy {' '.join(words)}: {done.stderr.decode()[-500:]}")
        return json.loads(done.stdout)

    def ask(self, path: str, **query: str | int) -> Any:
        """Read from the sandbox's control interface."""
        return _read(requests.get(f"{self.sandbox_url}/_sandbox{path}", params=query, timeout=400))

    def tell(self, path: str, **content: Any) -> Any:
        """Have the sandbox do something."""
        return _read(requests.post(f"{self.sandbox_url}/_sandbox{path}", json=content, timeout=400))

    def forget_calls(self) -> None:
        requests.delete(f"{self.sandbox_url}/_sandbox/calls", timeout=_WAIT).raise_for_status()

    def scalar(self, statement: str, *values: object) -> Any:
        """Ask the database for one value, past the wall between tenants."""
        row = self.database.execute(statement.encode(), values).fetchone()
        return None if row is None else row[0]

    def open_events(self, tenant: str = "%") -> int:
        return int(
            self.scalar(
                "SELECT count(*) FROM so_privacy.inbox i JOIN so_privacy.tenant t USING (tenant_id)"
                " WHERE i.state = 'open' AND t.context_identifier LIKE %s",
                tenant,
            )
        )

    def await_quiet(self, seconds: float = 300.0) -> None:
        """Wait until every delivery is answered and no event is open, echoes included."""
        quiet = 0

        def settled() -> bool:
            nonlocal quiet
            nothing_open = self.ask("/about")["open_deliveries"] == 0 and self.open_events() == 0
            quiet = quiet + 1 if nothing_open else 0
            return quiet > 1

        until(settled, "events are still open", seconds=seconds, pause=0.1)

    def environment(self) -> Mapping[str, str]:
        """Give the product's settings."""
        given = dict(os.environ)
        files = self.credentials / "settings.env"
        if files.exists():
            pairs = (line.split("=", 1) for line in files.read_text().splitlines() if "=" in line)
            given |= {name: value.strip("'") for name, value in pairs}
        paths = filter(None, (str(self.site), given.get("PYTHONPATH")))
        return given | {
            "PYTHONPATH": os.pathsep.join(paths),
            "DATABASE_URL": self.dsn,
            "SO_PRIVACY_DATA_DIR": str(self.folder / "data"),
            "SO_PRIVACY_BIND": f"127.0.0.1:{self.port}",
            "SO_PRIVACY_PUBLIC_URL": self.url,
        }

    def _watchers(self) -> int:
        return int(
            self.scalar("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'so-privacy worker'")
        )


def until(true: Callable[[], bool], what: str, *, seconds: float = _WAIT, pause: float = 0.02) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise StageError(what)
        time.sleep(pause)


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Give a stage and take it down."""
    stage = Stage(folder)
    try:
        yield stage
    finally:
        stage.stop()


def _read(reply: requests.Response) -> Any:
    if reply.status_code != requests.codes.ok:
        raise StageError(f"the sandbox answered {reply.status_code}: {reply.text[:300]}")
    return reply.json()
