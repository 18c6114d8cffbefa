"""Tenants, turns and deliveries on a fresh database of the run's embedded PostgreSQL."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from so_privacy_ext.model import ContextIdentifier, Delivery, Event, EventId, TenantId
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.turns import Turn, take

KEY = bytes(range(32))


@pytest.fixture
def data_key() -> DataKey:
    return DataKey(KEY)


@pytest.fixture
def add(dsn: str, data_key: DataKey) -> Callable[[str], tenants.AddedTenant]:
    def add(name: str) -> tenants.AddedTenant:
        return tenants.add(
            dsn,
            data_key,
            environment="sandbox",
            context_identifier=ContextIdentifier(name),
            system_user_token=b"token of " + name.encode(),
        )

    return add


@pytest.fixture
def tenant(add: Callable[[str], tenants.AddedTenant]) -> tenants.AddedTenant:
    return add("Cust12345")


@pytest.fixture
def taking(dsn: str, data_key: DataKey) -> Iterator[Callable[[TenantId], Turn]]:
    """Take turns that are let go at the end of the test."""
    with ExitStack() as stack:

        def taking(tenant_id: TenantId) -> Turn:
            turn = take(dsn, tenant_id, data_key)
            assert turn is not None
            return stack.enter_context(turn)

        yield taking


@pytest.fixture
def turn(taking: Callable[[TenantId], Turn], tenant: tenants.AddedTenant) -> Turn:
    return taking(tenant.tenant_id)


@pytest.fixture
def receiving(dsn: str, data_key: DataKey) -> Iterator[ReceivingStore]:
    store = ReceivingStore(dsn, data_key)
    yield store
    store.close()


@pytest.fixture
def delivery(tenant: tenants.AddedTenant) -> Callable[..., Delivery]:
    """Make a verified delivery of the tenant."""

    def delivery(
        event_id: str = "e-1",
        *,
        person: int = 42,
        name: str = "person.changed",
        body: bytes | None = None,
        reason: str | None = None,
        tenant_id: TenantId = tenant.tenant_id,
    ) -> Delivery:
        body = body if body is not None else f"{event_id} {name} {person}".encode()
        event = Event(EventId(event_id), name, person, frozenset({"title", "updated"}))
        return Delivery(tenant_id, body, hashlib.sha256(body).digest(), None if reason else event, reason)

    return delivery


@pytest.fixture
def process() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python processes that are killed at the end of the test."""
    started: list[subprocess.Popen[str]] = []

    def process(script: str, *arguments: object) -> subprocess.Popen[str]:
        one = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(one)
        return one

    yield process
    for one in started:
        one.kill()
        one.communicate()
