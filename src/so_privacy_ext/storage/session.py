"""One tenant's side of the wall: a connection on which every transaction names the tenant."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg.pq import TransactionStatus

from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import TenantId
from so_privacy_ext.storage.database import Connection, Row, connect
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.statements import Statements

_sql = Statements("session")


class TenantSession:
    """A connection and the tenant it works for; a lock keeps the heartbeat out of a transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self.connection = connection
        self.tenant_id = tenant_id
        self._lock = threading.RLock()
        self._together = False
        self._blocks = 0
        self._later: dict[bytes, list[dict[str, Any]]] = {}
        self._later_of: dict[str, bytes] = {}
        """The one statement of each table that is left for later."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end of the block, or undo it; inside another one, become part of it."""
        with self._lock, mapped():
            if self.in_transaction:
                yield  # without a savepoint, which would cost two more trips for every statement
                return
            with self.connection.transaction():
                self.connection.execute(_sql["tenant"], {"tenant_id": str(self.tenant_id)})
                yield

    @contextmanager
    def together(self) -> Iterator[None]:
        """Be a transaction that sends what gives nothing back without waiting for each to be done.

        Within it `run` tells of no rows; what fails, fails at the next row that is asked for, or at the end.
        What is left for `later` is sent before anything else is, and before the end.
        """
        with self.transaction():
            if self._together:
                yield
                return
            self._together = True
            self._blocks += 1
            try:
                with self.connection.pipeline():
                    yield
                    self._send_later()
            finally:
                self._together = False
                self._forget_later()

    @contextmanager
    def committed(self) -> Iterator[None]:
        """Commit at the end of the block for certain, so never inside another transaction."""
        with self._lock:
            if self.in_transaction:
                raise RuntimeError("what must be durable at return can't be part of a longer transaction")
            with self.transaction():
                yield

    def rows(self, statement: bytes, values: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """Run a statement that gives rows; `tenant_id` is among its values."""
        with self.transaction():
            self._send_later()
            return self.connection.execute(statement, self._values(values)).fetchall()

    def row(self, statement: bytes, values: Mapping[str, Any] | None = None) -> Row | None:
        """Run a statement that gives one row or none."""
        with self.transaction():
            self._send_later()
            return self.connection.execute(statement, self._values(values)).fetchone()

    def one(self, statement: bytes, values: Mapping[str, Any] | None = None) -> Row:
        """Run a statement that always gives one row."""
        row = self.row(statement, values)
        if row is None:
            raise RuntimeError("the statement gave no row")
        return row

    def run(self, statement: bytes, values: Mapping[str, Any] | None = None) -> int:
        """Run a statement that gives no rows; tell how many it touched."""
        with self.transaction():
            self._send_later()
            return max(0, self.connection.execute(statement, self._values(values)).rowcount)

    def later(self, table: str, statement: bytes, values: Mapping[str, Any]) -> None:
        """Run a statement of which nothing is asked; within `together`, with all others of its kind.

        What is left for later keeps its order among all that changes this table, not among tables.
        """
        if not self._together:
            self.run(statement, values)
            return
        if self._later_of.setdefault(table, statement) != statement:
            self._send_later()
            self._later_of[table] = statement
        self._later.setdefault(statement, []).append(self._values(values))

    def beat(self) -> None:
        """Say something, so that the server knows that we are alive."""
        with self._lock, mapped():
            if not self.in_transaction:
                self.connection.execute(_sql["beat"])

    def close(self) -> None:
        """Close the connection; a transaction that is open is undone by the server."""
        self.connection.close()

    @property
    def block(self) -> int | None:
        """Give the number of the block of `together` that is open, which no other has."""
        return self._blocks if self._together else None

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open; a broken connection is an error."""
        status = self.connection.info.transaction_status
        if status is TransactionStatus.UNKNOWN:
            raise StorageUnavailable("the connection is lost")
        return status is not TransactionStatus.IDLE

    def _send_later(self) -> None:
        later = self._later
        self._forget_later()
        for statement, values in later.items():
            self.connection.cursor().executemany(statement, values)

    def _forget_later(self) -> None:
        self._later, self._later_of = {}, {}

    def _values(self, values: Mapping[str, Any] | None) -> dict[str, Any]:
        return {"tenant_id": self.tenant_id, **(values or {})}


@contextmanager
def open_session(dsn: str, tenant_id: TenantId) -> Iterator[TenantSession]:
    """Read (or write what needs no turn) as one tenant, for the length of the block."""
    session = TenantSession(connect(dsn, application_name="so-privacy", idle_seconds=0), tenant_id)
    try:
        yield session
    finally:
        session.close()
