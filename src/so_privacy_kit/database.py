"""An embedded PostgreSQL for a run of tests, and databases that are copied from one that is ready."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg

from so_privacy_ext.storage import embedded

_MEMORY = "/dev/shm"  # noqa: S108 - a folder of our own is made in it
_ROOM = 2 * 1024**3
"""Bytes that must be free in memory before it is used as a disk."""


class Server:
    """A server that is thrown away, so nothing in it is waited for to reach a disk."""

    def __init__(self, admin: str) -> None:
        self._admin = admin

    def address(self, name: str) -> str:
        return self._admin.replace("/postgres?", f"/{name}?")

    def make(self, name: str, template: str = "template0") -> str:
        """Make a database and give its address; nobody may be connected to the template."""
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.address(name)

    @contextmanager
    def copied(self, template: str) -> Iterator[str]:
        """Copy a database for the length of the block; gives its name."""
        name = f"t_{uuid.uuid4().hex}"
        self.make(name, template)
        try:
            yield name
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def move_time(self, name: str, ahead: timedelta) -> None:
        """Have all connections that are opened from now on live so far ahead."""
        self._execute(f"ALTER DATABASE {name} SET app.clock_offset = '{ahead.total_seconds()} s'")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def server() -> Iterator[tuple[Server, Path]]:
    """Start a server in a folder of its own; both are gone after the block."""
    # A socket's path must be short, so not below pytest's own folders.
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir=_roomy_memory()))
    running = embedded.start(folder)
    try:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            for setting in (b"fsync", b"full_page_writes", b"synchronous_commit"):
                connection.execute(b"ALTER SYSTEM SET " + setting + b" = off")
            connection.execute(b"SELECT pg_reload_conf()")
        yield Server(running.dsn), folder
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def announcement() -> str | None:
    """Say what a start as root changes on this machine; None if nothing."""
    return embedded.announcement(Path(_roomy_memory() or tempfile.gettempdir()) / "sop-")


def _roomy_memory() -> str | None:
    """Give the folder that is kept in memory, where a database is made ten times faster."""
    usable = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if usable else None
