"""Tenants and turns on a fresh database, and a system of a tenant's own that listens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.outward.hearing import Hearing, hearing
from tests.unit.storage.conftest import add, data_key, taking, tenant, turn

__all__ = ("add", "data_key", "heard", "taking", "tenant", "turn")


@pytest.fixture
def heard() -> Iterator[Hearing]:
    with hearing() as server:
        yield server
