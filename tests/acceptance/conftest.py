"""One running product beside one sandbox, for all tests of the command line that one process runs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.installed import Forking, Place, Running


@pytest.fixture(scope="session")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forking]:
    """What commands are forked from."""
    process = Forking(tmp_path_factory.mktemp("forking"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def running(forking: Forking) -> Iterator[Running]:
    """The product as `so-privacy up` runs it, without a tenant yet."""
    # A socket's path must be short, so not below pytest's own folders.
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
    product = Running(folder, forking)
    try:
        yield product
    finally:
        product.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def installed(running: Running) -> Running:
    """The same, with a tenant in which the manifest decides."""
    running.install()
    return running


@pytest.fixture
def place(tmp_path: Path, forking: Forking) -> Place:
    """A folder in which nothing runs."""
    return Place(tmp_path, forking, {})
