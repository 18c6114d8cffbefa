"""A world with the demo's tenants, and one app that may ask them."""

from __future__ import annotations

import pytest

from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World
from tests.unit.sandbox.asking import Asker, make_asker


@pytest.fixture
def asker() -> Asker:
    return make_asker()


@pytest.fixture
def world(asker: Asker) -> World:
    return asker.world


@pytest.fixture
def tenant(asker: Asker) -> Tenant:
    return asker.tenant
