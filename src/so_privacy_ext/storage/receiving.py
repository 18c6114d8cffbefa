"""The receiver's side of storage: slots looked up, deliveries stored in one durable commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg

from so_privacy_ext.errors import Refused, StorageUnavailable
from so_privacy_ext.model import ContextIdentifier, Delivery, Slot, SlotKeys, TenantId
from so_privacy_ext.storage.database import Connection, Row, connect
from so_privacy_ext.storage.inbox import event_text
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.statements import Statements

UNSTORABLE = "unstorable"
"""Why a delivery is quarantined whose parsed event the database can't hold."""
_PAUSE = 0.05

_sql = Statements("receiving")
_T = TypeVar("_T")


class ReceivingStore:
    """Implements `ports.Receiving` with a few connections of its own, shared by the threads that call it."""

    def __init__(self, dsn: str, data_key: DataKey, *, patience: float = 2.0, connections: int = 4) -> None:
        self._dsn = dsn
        self._data_key = data_key
        self._patience = patience
        self._places = threading.BoundedSemaphore(connections)
        self._idle: list[Connection] = []
        self._guard = threading.Lock()

    def look_up(self, slot: Slot) -> SlotKeys | None:
        """Give the tenant and live secrets of a slot."""
        rows = self._patiently(lambda one: one.execute(_sql["look_up"], {"slot": slot}).fetchall())
        if not rows:
            return None
        tenant_id = TenantId(rows[0]["tenant_id"])
        return SlotKeys(
            tenant_id,
            ContextIdentifier(rows[0]["context_identifier"]),
            tuple(self._open(tenant_id, row) for row in rows),
        )

    def store(self, deliveries: Sequence[Delivery]) -> None:
        """Store all in one durable commit, (tenant, event id) once; a second body for one id is quarantined.

        Raises `StorageUnavailable` when the outcome is not a certain commit. An error at commit says
        nothing of the outcome, so the same is asked again: what is there already is not stored twice.
        """
        if not deliveries:
            return
        try:
            self._patiently(lambda one: one.execute(_sql["store"], _columns(deliveries)))
        except (psycopg.DataError, ValueError, OverflowError) as error:
            self._store_what_can_be(deliveries, error)

    def close(self) -> None:
        """Close the idle connections."""
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _store_what_can_be(self, deliveries: Sequence[Delivery], error: Exception) -> None:
        """Never let one delivery hold up its group: what the database refuses as data is quarantined raw."""
        if len(deliveries) > 1:
            for delivery in deliveries:
                self.store([delivery])
        elif deliveries[0].quarantine_reason is None:
            one = deliveries[0]
            self.store([Delivery(one.tenant_id, one.body, one.body_sha256, None, UNSTORABLE)])
        else:
            raise StorageUnavailable("the database refuses the delivery") from error

    def _open(self, tenant_id: TenantId, row: Row) -> bytes:
        try:
            return self._data_key.open(tenant_id, row["name"], row["key_id"], row["sealed"])
        except Refused as error:
            # We can't tell whether the request is genuine, so the sender must ask again: 503, never 401.
            raise StorageUnavailable("the webhook secret can't be opened") from error

    def _patiently(self, work: Callable[[Connection], _T]) -> _T:
        """Do something that may be done twice, until it is done for certain or patience ends."""
        until = time.monotonic() + self._patience
        while True:
            try:
                with self._connection(until) as connection:
                    return work(connection)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if time.monotonic() + _PAUSE >= until:
                    raise StorageUnavailable("the database did not confirm in time") from error
                time.sleep(_PAUSE)
            except psycopg.DataError:
                raise
            except psycopg.Error as error:
                raise StorageUnavailable("the database did not confirm") from error
            except Refused as error:
                raise StorageUnavailable(error.code) from error

    @contextmanager
    def _connection(self, until: float) -> Iterator[Connection]:
        """Lend a connection; one that broke is closed, and so are the idle ones, which broke with it."""
        if not self._places.acquire(timeout=max(0.0, until - time.monotonic())):
            raise StorageUnavailable("all connections are busy")
        try:
            with self._guard:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                connection = self._connect()
            try:
                yield connection
            except BaseException:
                broken = connection.broken
                connection.close()
                if broken:
                    self.close()
                raise
            with self._guard:
                self._idle.append(connection)
        finally:
            self._places.release()

    def _connect(self) -> Connection:
        try:
            return connect(
                self._dsn,
                application_name="so-privacy receiver",
                idle_seconds=0,
                statement_seconds=self._patience,
                connect_seconds=2,
            )
        except StorageUnavailable as error:
            raise psycopg.OperationalError(str(error)) from error  # worth another try


def _columns(deliveries: Sequence[Delivery]) -> dict[str, list[Any]]:
    events = [(one.event if one.quarantine_reason is None else None) for one in deliveries]
    reasons = [one.quarantine_reason or (None if one.event is not None else UNSTORABLE) for one in deliveries]
    return {
        "tenants": [one.tenant_id for one in deliveries],
        "event_ids": [None if one.event is None else one.event.event_id for one in deliveries],
        "hashes": [one.body_sha256 for one in deliveries],
        "bodies": [one.body for one in deliveries],
        "names": [None if event is None else event.name for event in events],
        "primary_keys": [None if event is None else event.primary_key for event in events],
        "events": [None if event is None else event_text(event) for event in events],
        "reasons": reasons,
    }
