"""The installed commands as an operator starts them: a sandbox, a running product, and words for both."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg
import requests

from so_privacy_ext.storage import embedded
from so_sandbox import server
from so_sandbox.demo import visiting
from so_sandbox.demo.commands import free_port
from so_sandbox.demo.visiting import Visitor
from so_sandbox.server import RunningSandbox
from so_sandbox.world.faults import Fault
from so_sandbox.world.tenant import Tenant

MANIFEST = Path(__file__).resolve().parents[2] / "manifests" / "rules" / "nordic-b2b.yaml"
FIRST, SECOND = "Cust12345", "Cust54321"
_WAIT = 60.0


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def refused(self, code: int, *words: str) -> None:
        """Assert that it ended so, said these words in one line, and showed no traceback."""
        assert self.code == code, self
        assert "Traceback" not in self.err + self.out
        assert self.err.count("\n") == 1, self.err
        assert all(word in self.err for word in words), (words, self.err)


def command(name: str = "so-privacy") -> str:
    return str(Path(sys.executable).with_name(name))


class Forking:
    """A process from which commands fork, see `forking.py`."""

    def __init__(self, folder: Path) -> None:
        self._files = {name: folder / name for name in ("in", "out", "err")}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("forking.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        given: bytes = b"",
        *,
        closed: bool = False,
    ) -> Done:
        """Run a command to its end, with standard input, output and error closed if so asked."""
        for file in self._files.values():
            file.write_bytes(given if file.name == "in" else b"")
        asked = {"words": words, "environment": environment, "folder": str(folder), "closed": closed}
        asked |= {name: str(file) for name, file in self._files.items()}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        out, err = (self._files[name].read_text(encoding="utf-8") for name in ("out", "err"))
        return Done(code, out, err)

    def stop(self) -> None:
        self._process.communicate(timeout=20)


class Place:
    """A folder with a product's settings, and commands that are run in it."""

    def __init__(self, folder: Path, forking: Forking, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._forking = forking
        self.environment = {
            **{key: value for key, value in os.environ.items() if key != "DATABASE_URL"},
            "SO_PRIVACY_DATA_DIR": str(folder / "data"),
            "PYTHONUNBUFFERED": "1",
            **environment,
        }

    def run(
        self,
        *words: str | bytes,
        given: bytes = b"",
        settings: Mapping[str, str | None] | None = None,
        installed: bool = False,
        closed: bool = False,
        folder: Path | None = None,
    ) -> Done:
        """Run a command to its end: forked, or the installed script; a setting of None is taken away."""
        together = {**self.environment, **(settings or {})}
        environment = {key: value for key, value in together.items() if value is not None}
        if not installed:
            said = [os.fsdecode(word) for word in words]
            return self._forking.run(said, environment, folder or self.folder, given, closed=closed)
        done = subprocess.run(
            [command(), *words],
            cwd=self.folder,
            env=environment,
            input=given,
            capture_output=True,
            check=False,
            timeout=_WAIT,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def good(self, *words: str) -> Any:
        """Run a command that must succeed, and give its JSON."""
        done = self.run(*words, "--json")
        assert done.code == 0, done
        assert done.err == ""
        return done.json

    def start(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a command that goes on; what it says is in a file of its name."""
        with (self.folder / f"{words[0]}.log").open("ab") as log, hearing_ctrl_c():
            return subprocess.Popen(
                [command(), *words],
                cwd=self.folder,
                env={**self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def said(self, name: str = "up") -> str:
        return (self.folder / f"{name}.log").read_text()


class Running(Place):
    """A place in which `so-privacy up` runs, beside a sandbox in this process."""

    def __init__(self, folder: Path, forking: Forking) -> None:
        self.sandbox: RunningSandbox = server.start(directory=folder / "sandbox", speed=10.0)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = (folder / "sandbox" / "settings.env").read_text().splitlines()
        pairs = (line.split("=", 1) for line in settings)
        super().__init__(
            folder,
            forking,
            {
                **{key: value.strip("'") for key, value in pairs},
                "SO_PRIVACY_BIND": f"127.0.0.1:{self.port}",
                "SO_PRIVACY_PUBLIC_URL": self.url,
            },
        )
        self.up = self.start("up")
        self.await_ready()

    def await_ready(self) -> None:
        until(lambda: self.up.poll() is not None or self.answers(), "it did not come up")
        assert self.up.poll() is None, self.said()

    def answers(self) -> bool:
        try:
            return bool(requests.get(f"{self.url}/healthz/ready", timeout=5).status_code == 200)
        except requests.RequestException:
            return False

    def stop(self) -> None:
        self.up.terminate()
        self.up.wait(20)
        self.sandbox.stop()

    def tenant(self, name: str = FIRST) -> Tenant:
        return cast("Tenant", self.sandbox.world.tenant(name))

    def token(self, name: str = FIRST) -> str:
        return str(self.folder / "sandbox" / f"system_user_token.{name}")

    def install(self, name: str = FIRST, *, manifest: bool = True) -> None:
        if self.tenant(name) is None:
            self.sandbox.sandbox.seed(name, 0, quietly=True)
        words = ("--environment", "sandbox", "--system-user-token-file", self.token(name))
        self.good("tenant", "add", name, *words)
        if manifest:
            self.good("manifest", "activate", str(MANIFEST), "--tenant", name)

    def install_from_the_store(self, name: str) -> Visitor:
        """Install as an administrator does, who signs in unattended."""
        if self.tenant(name) is None:
            self.sandbox.sandbox.seed(name, 0, quietly=True)
        content = {"answer": "approve", "tenant": name, "redirect_uris": [f"{self.url}/callback"]}
        told = requests.post(f"{self.sandbox.url}/_sandbox/sign-in", json=content, timeout=_WAIT)
        assert told.status_code == 200, told.text
        return visiting.install(self.url)

    def fail(self, kind: str, operation: str, tenant: str = "*", **more: Any) -> Fault:
        """Have the sandbox fail; the fault tells how often it did."""
        return self.sandbox.world.faults.add(Fault(kind, operation=operation, tenant=tenant, **more))

    def settle(self, name: str = FIRST) -> None:
        """Wait until every event of a tenant has ended."""
        count = (
            "SELECT count(*) FROM so_privacy.inbox JOIN so_privacy.tenant USING (tenant_id)"
            " WHERE inbox.state = 'open' AND context_identifier = %s"
        )

        def settled() -> bool:
            return self.sandbox.dispatcher.wait_idle(10) and self.rows(count, name) == [(0,)]

        until(settled, "events stay open")

    @property
    def superuser(self) -> str:
        found = embedded.running(self.folder / "data")
        assert found is not None
        return found

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database as its owner, who looks past the wall between tenants."""
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def hearing_ctrl_c() -> Iterator[None]:
    """Have what is started meanwhile hear Ctrl-C, also where these tests themselves are run without it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def until(true: Callable[[], bool], what: str, seconds: float = _WAIT) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)
