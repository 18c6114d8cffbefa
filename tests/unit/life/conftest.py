"""One sandbox for all, begun anew for each test; a database and a web side of the product for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from so_privacy_ext.app import App
from so_privacy_ext.storage import turns
from so_sandbox import server
from so_sandbox.server import RunningSandbox
from tests.unit.life.scene import Scene, served, settings_of
from tests.unit.processing.world import FakeClock


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with server.start(directory=tmp_path_factory.mktemp("life"), speed=50.0) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: RunningSandbox) -> RunningSandbox:
    shared.sandbox.reset()
    shared.sandbox.snapshots.clear()
    shared.sandbox.write_files()
    return shared


@pytest.fixture
def scene(
    sandbox: RunningSandbox, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    # The pace has tests of its own; here it would take most of the time.
    monkeypatch.setattr(turns, "wait_for_place", lambda session: None)
    clock = FakeClock()
    app = App(settings_of(sandbox, tmp_path), dsn, clock=clock)
    with served(app) as url:
        made = Scene(sandbox, dsn, app, clock, url)
        sandbox.world.applications[
            sandbox.credentials.client_id
        ].state_change_url = f"{url}/state-changes/sandbox"
        made.add()
        yield made
    app.close()
