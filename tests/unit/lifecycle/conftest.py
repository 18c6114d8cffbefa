"""One sandbox for the module; a tenant, a database and a product of its own for each test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from so_privacy_ext.storage.held import HeldTenant
from so_sandbox import server
from so_sandbox.server import RunningSandbox
from tests.unit.lifecycle.stage import Stage, Target

_numbers = itertools.count(30001)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with server.start(directory=tmp_path_factory.mktemp("sandbox"), speed=20) as sandbox:
        yield sandbox


@pytest.fixture
def stage(
    running: RunningSandbox, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """A tenant as SuperOffice ships it, which nobody has installed yet; nobody waits between two calls."""
    monkeypatch.setattr(HeldTenant, "pace", lambda self: self.turn)
    name = f"Cust{next(_numbers)}"
    running.sandbox.seed(name, 0, quietly=True, bare=True)
    target = Target()
    one = Stage(running, tmp_path, dsn, target, name)
    one.app()
    yield one
    running.world.faults.clear()
    for app in one.apps:
        app.close()
    target.stop()
    assert running.world.schema_violations == []
