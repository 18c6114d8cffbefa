"""Worlds on a fresh database of the run's embedded PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from so_privacy_ext.storage.receiving import ReceivingStore
from tests.unit.processing.world import KEY, World, make_world


@pytest.fixture
def store(dsn: str) -> Iterator[ReceivingStore]:
    store = ReceivingStore(dsn, KEY)
    yield store
    store.close()


@pytest.fixture
def world(dsn: str, store: ReceivingStore) -> World:
    return make_world(dsn, store)
