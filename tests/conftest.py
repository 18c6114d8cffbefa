"""One embedded PostgreSQL for the whole run, and a fresh migrated database for each test that asks."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog

from so_privacy_ext.storage import database, embedded

TEMPLATE = "so_template"
TRACING = "COVERAGE_PROCESS_CONFIG"
"""What coverage hands down, so that a process traces itself from its start."""


@dataclass(frozen=True)
class TestServer:
    """The run's server; `admin` is its superuser's address."""

    admin: str
    folder: Path

    __test__ = False

    def address(self, name: str) -> str:
        return self.admin.replace("/postgres?", f"/{name}?")

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(statement.encode())


def pytest_configure(config: pytest.Config) -> None:
    """Count what tests reach in their own process, and in none that they start.

    Tracing costs the commands, servers and workers of the acceptance tests up to half of their time, and
    adds nothing to the rooms that must be covered whole: they are, where tests call them. Only the processes
    among which the run shares out its files are told to trace themselves; what others reach isn't counted.
    """
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", default=None):
        os.environ.pop(TRACING, None)


@pytest.fixture(autouse=True)
def own_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no way of logging outlive the test that ran a command, whose loggers would keep it for good."""
    configured, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    monkeypatch.setattr(structlog, "configure", partial(_configure, structlog.configure))
    yield
    structlog.configure(**configured)
    root.handlers[:] = handlers
    root.setLevel(level)


def _configure(configure: Callable[..., None], **given: Any) -> None:
    configure(**(given | {"cache_logger_on_first_use": False}))


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    # A socket's path must be short, so not below pytest's own folders.
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir=_roomy_memory() or "/tmp"))
    server = embedded.start(folder)
    try:
        running = TestServer(server.dsn, folder)
        # Nobody pulls the plug of this machine; without fsync a database is made in a tenth of the time.
        for setting in ("fsync", "full_page_writes"):
            running.execute(f"ALTER SYSTEM SET {setting} = off")
        running.execute("SELECT pg_reload_conf()")
        running.execute(f"CREATE DATABASE {TEMPLATE}")
        database.migrate(running.address(TEMPLATE))
        yield running
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_dsn(postgres: TestServer) -> Iterator[str]:
    """A fresh database without our schema."""
    yield from fresh_database(postgres, "template0")


@pytest.fixture
def dsn(postgres: TestServer) -> Iterator[str]:
    """A fresh database with our schema."""
    yield from fresh_database(postgres, TEMPLATE)


def _roomy_memory() -> str | None:
    """Give the folder that is kept in memory, where a database is made ten times faster."""
    memory = "/dev/shm"
    usable = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3
    return memory if usable else None


def fresh_database(postgres: TestServer, template: str) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield postgres.address(name)
    finally:
        postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
