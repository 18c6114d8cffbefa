"""Worlds in one database of the run's embedded PostgreSQL: every test has a tenant of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from so_privacy_ext.storage.receiving import ReceivingStore
from tests.conftest import TEMPLATE, TestServer
from tests.unit.processing.world import KEY, World, make_world

DATABASE = "processing"


@pytest.fixture(scope="session")
def shared_dsn(postgres: TestServer) -> str:
    postgres.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE}")
    return postgres.address(DATABASE)


@pytest.fixture(scope="session")
def store(shared_dsn: str) -> Iterator[ReceivingStore]:
    store = ReceivingStore(shared_dsn, KEY)
    yield store
    store.close()


@pytest.fixture
def make(shared_dsn: str, store: ReceivingStore) -> Callable[[], World]:
    return lambda: make_world(shared_dsn, store)


@pytest.fixture
def world(make: Callable[[], World]) -> World:
    return make()
