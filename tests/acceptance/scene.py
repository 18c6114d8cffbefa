"""The product and the sandbox as processes in a folder, with every word that either says."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from so_privacy_ext.model import TenantId
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import ADDRESS_KEY, WEBHOOK, WEBHOOK_WATCH, read_secret
from tests.acceptance.canaries import Canaries, settings

TENANT = "Cust12345"
SANDBOX = [sys.executable, "-c", "from so_sandbox.cli import main; main()"]
PRODUCT = [sys.executable, "-m", "so_privacy_ext"]


class Scene:
    """The product and the sandbox in a folder, with every word that either says."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder = folder
        self.canaries = Canaries()
        self.said: list[tuple[str, bytes]] = []
        password = self.canaries.plant("database password", "canary-database-password-61")
        self.dsn = dsn.replace("postgres:@", f"postgres:{password}@")
        self.credentials = folder / "credentials"
        self.data = folder / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.metrics = free_pair()  # the worker takes the port after that of the web process
        self.sandbox = ""

    def plant_credentials(self) -> None:
        """Leave what an earlier sandbox would have left, so that its secrets are ours."""
        self.credentials.mkdir()
        key = rsa.generate_private_key(65537, 2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        d = key.private_numbers().d
        self.canaries.plant("private key", pem.splitlines()[12])
        self.canaries.plant("private exponent", str(d)[:40])
        self.canaries.plant("private exponent in hex", f"{d:x}"[:40])
        token = self.canaries.plant("application token", "canary-application-token-62")
        user = self.canaries.plant("system user token", "Canary App v1.0-system.user token-63")
        for name, text in {
            "private_key.pem": pem,
            "client_id": "client",
            "application_token": token,
            f"system_user_token.{TENANT}": user,
        }.items():
            (self.credentials / name).write_text(text)

    def plant_what_it_made(self) -> str:
        """Plant the secrets that the product made for itself, and give the tenant's slot."""
        self.canaries.plant("data key", (self.data / "data.key").read_text().strip())
        data_key = DataKey.load_or_make(self.data / "data.key")
        with open_session(self.dsn, TenantId(1)) as session:
            for name in (WEBHOOK, WEBHOOK_WATCH):
                self.canaries.plant(f"{name} secret", read_secret(session, data_key, name).decode())
            self.canaries.plant("address key", read_secret(session, data_key, ADDRESS_KEY).hex())
        return str(self.rows("SELECT slot FROM so_privacy.subscription WHERE kind = 'events'")[0][0])

    def environment(self, **more: str) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if not name.startswith("SO_")}
        path = self.credentials / "settings.env"
        known: Mapping[str, str] = settings(path) if path.exists() else {}
        return {
            **given,
            **known,
            "DATABASE_URL": self.dsn,
            "SO_PRIVACY_DATA_DIR": str(self.data),
            "SO_PRIVACY_BIND": self.url.removeprefix("http://"),
            "SO_PRIVACY_PUBLIC_URL": self.url,
            "SO_PRIVACY_METRICS_BIND": f"127.0.0.1:{self.metrics}",
            "SO_PRIVACY_LOG_DIR": str(self.folder / "logs"),
            **more,
        }

    @contextmanager
    def running(self, name: str, command: list[str], ready: Callable[[], bool]) -> Iterator[int]:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment(), stdout=log, stderr=subprocess.STDOUT
            )
        try:
            wait(ready, f"{name} is ready")
            yield process.pid
        finally:
            process.terminate()
            process.wait(20)

    def command(self, *words: str, given: str = "", fails: bool = False, **more: str) -> str:
        done = subprocess.run(
            [*PRODUCT, *words],
            cwd=self.folder,
            env=self.environment(**more),
            input=given.encode(),
            capture_output=True,
            check=False,
            timeout=60,
        )
        self.said.append((" ".join(words), done.stdout + done.stderr))
        assert b"Traceback" not in done.stderr, words
        assert bool(done.returncode) is fails, (words, done.stdout, done.stderr)
        return done.stdout.decode()

    def tell(self, path: str, **content: Any) -> Any:
        reply = requests.post(f"{self.sandbox}/_sandbox{path}", json=content, timeout=30)
        assert reply.ok, reply.text
        return reply.json()

    def clear_faults(self) -> None:
        assert requests.delete(f"{self.sandbox}/_sandbox/faults", timeout=30).ok

    def ask(self, path: str) -> Any:
        return requests.get(f"{self.sandbox}/_sandbox{path}", timeout=30).json()

    def enter(self, number: int, **more: str) -> tuple[int, str]:
        """Have a person enter whose every text is a canary; give her id and her address."""
        plant = self.canaries.plant
        address = plant(f"address {number}", f"kari.canary-{number}@example.com")
        person = {
            "firstname": plant(f"first name {number}", f"Karicanary{number}Æøå"),
            "lastname": plant(f"last name {number}", f"Nordmanncanary{number}"),
            "title": plant(f"phone {number}", f"+47 555 01 {number} 99"),
            "email": address,
            "country": "DK",
            "source": "WEBFORM",
            **more,
        }
        return int(self.tell("/trigger", tenant=TENANT, event="person.created", set=person)["id"]), address

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(statement.encode()).fetchall()

    def at_rest(self) -> bool:
        self.tell("/deliveries/wait", timeout=10)
        return self.rows("SELECT count(*) FROM so_privacy.inbox WHERE state = 'open'") == [(0,)]

    def post(self, slot: str, body: bytes, **headers: str) -> None:
        """Post as a stranger would; the answer is what ends in the customer's webhook row."""
        reply = requests.post(
            f"{self.url}/webhooks/{slot}", data=body, headers=headers, params={"x": body}, timeout=10
        )
        self.said.append((f"answer {reply.status_code}", reply.content + repr(reply.headers).encode()))
        assert reply.status_code in {400, 401, 404, 413, 431}


def wait(true: Callable[[], bool], what: str, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def free_pair() -> int:
    """Give a port that is free, as is the one after it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            with suppress(OSError):
                second.bind(("127.0.0.1", port + 1))
                return port
