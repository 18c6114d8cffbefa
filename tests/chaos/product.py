"""Runs the product as an operator does, on a PostgreSQL of its own that can be made to crash."""

from __future__ import annotations

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from so_privacy_ext.storage import embedded
from so_privacy_ext.storage.database import migrate

ROOT = Path(__file__).resolve().parents[2]
_COMMAND_WAIT = 120.0


class CommandFailed(Exception):
    """A command of the product ended otherwise than it must."""


def site_of(folder: Path) -> Path:
    """Give where packages lie that only this product's processes find."""
    return folder / "site"


class Database:
    """An embedded PostgreSQL, as the product brings it."""

    def __init__(self, folder: Path) -> None:
        self._server = embedded.start(folder)
        self._cluster = folder / "postgres"
        self.dsn = self._server.dsn
        self.restarts = 0
        migrate(self.dsn)

    def crash(self) -> None:
        """Restart as after a power cut: nobody is asked to finish."""
        self._control("-m", "immediate", "-w", "-l", str(self._cluster / "log"), "restart")
        self.restarts += 1

    def execute(self, statement: str) -> None:
        """Run a statement as the database's owner, above the wall between tenants."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("SET search_path = so_privacy")
            connection.execute(statement.encode())

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Read as the database's owner, past the wall between tenants."""
        with psycopg.connect(self.dsn, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
            connection.execute("SET search_path = so_privacy")
            return connection.execute(statement.encode()).fetchall()

    def stop(self) -> None:
        self._server.stop()

    def _control(self, *words: str) -> None:
        command = Path(self._server._server.bin_path) / "pg_ctl"
        owner = self._cluster.stat().st_uid
        user = pwd.getpwuid(owner).pw_name if os.geteuid() == 0 else None
        subprocess.run(
            [str(command), "-D", str(self._cluster), *words],
            user=user,
            cwd="/",
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )


class Product:
    """The environment, the listening socket that outlives every web process, and the commands."""

    def __init__(
        self, folder: Path, settings: Path, database: Database, listener: socket.socket, bug: str | None
    ) -> None:
        self.folder = folder
        self.listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._bug = bug
        self._environment = _environment(folder, settings, database.dsn, self.url)

    def command(self, *words: str, given: str = "", expected: Sequence[int] = (0,)) -> Any:
        """Run a command and give what it prints as JSON."""
        how = ["tests.chaos.launched", "--bug", self._bug] if self._bug else ["so_privacy_ext"]
        done = subprocess.run(
            [sys.executable, "-m", *how, *words, "--json"],
            env=self._environment,
            cwd=self.folder,
            input=given.encode(),
            capture_output=True,
            check=False,
            timeout=_COMMAND_WAIT,
        )
        if done.returncode not in expected:
            said = done.stderr.decode(errors="replace")[-500:]
            raise CommandFailed(f"{' '.join(words)} ended with {done.returncode}: {said}")
        return json.loads(done.stdout)

    def spawn(self, kind: str, failpoint: str | None = None) -> subprocess.Popen[bytes]:
        """Start a web process or a worker; a failpoint makes it kill itself somewhere."""
        own = ["web", "--fd", str(self.listener.fileno())] if kind == "web" else ["worker"]
        extra = ["--bug", self._bug] if self._bug else []
        extra += ["--failpoint", failpoint] if failpoint else []
        module = "tests.chaos.launched" if extra else "so_privacy_ext"
        with (self.folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *extra, *own],
                env=self._environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self.listener.fileno()] if kind == "web" else (),
                start_new_session=True,
            )

    def last_words(self, kind: str) -> str:
        """Give the end of what processes of this kind have said."""
        return (self.folder / f"{kind}.log").read_text(errors="replace")[-1500:]


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process for good, frozen or not."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGCONT)
        process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def listen() -> socket.socket:
    """Open the socket that the parent holds for as long as the soak runs."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    return listener


def wait_until(what: str, true: Any, seconds: float, *, every: float = 0.1) -> None:
    """Wait for something to become true, or say what did not."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise TimeoutError(f"after {seconds:.0f} s: {what}")
        time.sleep(every)


def _environment(folder: Path, settings: Path, dsn: str, url: str) -> Mapping[str, str]:
    pairs = (line.split("=", 1) for line in settings.read_text().splitlines() if "=" in line)
    paths = [str(ROOT), str(ROOT / "src"), str(ROOT / "sandbox"), str(site_of(folder))]
    return {
        **os.environ,
        **{name: value.strip("'") for name, value in pairs},
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": dsn,
        "SO_PRIVACY_DATA_DIR": str(folder / "data"),
        "SO_PRIVACY_BIND": url.removeprefix("http://"),
        "SO_PRIVACY_PUBLIC_URL": url,
    }
