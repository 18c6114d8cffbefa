"""A sandbox on any free port, and a webhook's target that answers as it is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from so_sandbox.server import RunningSandbox, start
from so_sandbox.world.rows import Webhook
from so_sandbox.world.tenant import Tenant
from tests.unit.sandbox_edge.target import Target, listening, webhook


@pytest.fixture
def target() -> Iterator[Target]:
    with listening() as told:
        yield told


@pytest.fixture(scope="session")
def shared() -> Iterator[RunningSandbox]:
    """One server for all: to start and stop one takes a third of a second."""
    with start(speed=20, timeout=1.0) as sandbox:
        yield sandbox


@pytest.fixture
def running(shared: RunningSandbox) -> RunningSandbox:
    shared.sandbox.reset()
    shared.sandbox.snapshots.clear()
    return shared


@pytest.fixture
def tenant(running: RunningSandbox) -> Tenant:
    found = running.world.tenant("Cust12345")
    assert found is not None
    return found


@pytest.fixture
def hook(tenant: Tenant, target: Target) -> Webhook:
    row = webhook(target.url)
    tenant.tables.webhooks[row.webhook_id] = row
    return row
