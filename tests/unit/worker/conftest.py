"""Workers on a database of their own, since they take the turns of all tenants that they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from so_privacy_ext import worker
from so_privacy_ext.storage.receiving import ReceivingStore
from tests.unit.processing.world import KEY, World, make_world


@pytest.fixture
def make(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], World]]:
    monkeypatch.setattr(worker, "POLL", 0.2)  # a test waits for the worker to end
    store = ReceivingStore(dsn, KEY)
    yield lambda: make_world(dsn, store)
    store.close()


@pytest.fixture
def world(make: Callable[[], World]) -> World:
    return make()
