"""PostgreSQL itself dies, or its answer is lost: what was confirmed is there, and nothing twice."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.storage import embedded, registers
from so_privacy_ext.storage.database import migrate
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import AddedTenant
from tests.unit.storage.shapes import Delivering

RESTARTS = 4


class OwnServer:
    """A server that only this test may break."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = embedded.start(folder)
        self.dsn = self.server.dsn

    def restart_at_once(self) -> None:
        control = embedded._library().postgres_server.POSTGRES_VERSIONS[18] / "pg_ctl"
        user = "pgserver" if os.geteuid() == 0 else None
        command = [control, "-D", self.folder / "postgres", "-m", "immediate", "-w"]
        options = f'-h "" -k {self.folder / "postgres"}'
        for arguments in (["stop"], ["-o", options, "-l", self.folder / "postgres" / "log", "start"]):
            subprocess.run([*command, *arguments], user=user, check=True, stdout=subprocess.DEVNULL, cwd="/")


@pytest.fixture
def own() -> Iterator[OwnServer]:
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
    server = OwnServer(folder)
    migrate(server.dsn)
    yield server
    os.close(server.server._lock)
    server.server._lock = -1
    embedded.start(folder).stop()
    shutil.rmtree(folder)


@pytest.fixture
def dsn(own: OwnServer) -> str:
    return own.dsn


@pytest.mark.row("F10")
@pytest.mark.row("F11")
def test_immediate_restarts_lose_nothing_that_was_confirmed(
    own: OwnServer, tenant: AddedTenant, delivery: Delivering, data_key: DataKey
) -> None:
    store = ReceivingStore(own.dsn, data_key, connections=8, patience=0.5)
    confirmed: set[str] = set()
    stop = threading.Event()

    def write(writer: int) -> None:
        number = 0
        while not stop.is_set():
            event_id = f"e-{writer}-{number}"
            try:
                store.store([delivery(event_id)])
            except StorageUnavailable:
                time.sleep(0.02)  # the vendor asks again
                continue
            confirmed.add(event_id)
            number += 1

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for _ in range(RESTARTS):
        time.sleep(0.3)
        own.restart_at_once()
    time.sleep(0.5)
    stop.set()
    for writer in writers:
        writer.join()
    store.close()

    with open_session(own.dsn, tenant.tenant_id) as session:
        stored = [one.event_id for one in registers.events(session, limit=1_000_000)]
        assert registers.quarantine(session) == []
    assert len(confirmed) > 100
    assert confirmed <= set(stored)
    assert len(stored) == len(set(stored))


class LosesAnswers:
    """Stands before the server's socket and drops the answer to what stores, once."""

    def __init__(self, server: Path, folder: Path) -> None:
        self.address = folder / server.name
        self.to_lose = 1
        self._server = server
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.address))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                threading.Thread(target=self._serve, args=(client, server), daemon=True).start()

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        lose = threading.Event()
        back = threading.Thread(target=self._answer, args=(client, server, lose), daemon=True)
        back.start()
        with suppress(OSError):
            while data := client.recv(65536):
                if b"inbox_store" in data and self.to_lose:
                    self.to_lose -= 1
                    lose.set()
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        back.join()
        server.close()
        client.close()

    def _answer(self, client: socket.socket, server: socket.socket, lose: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if lose.is_set():  # committed, and nobody hears of it
                    break
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)


@pytest.mark.row("F11")
def test_a_commit_whose_answer_is_lost_is_asked_again(
    own: OwnServer, tenant: AddedTenant, delivery: Delivering, data_key: DataKey
) -> None:
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
    between = LosesAnswers(own.folder / "postgres" / ".s.PGSQL.5432", folder)
    store = ReceivingStore(f"host={folder} user=postgres dbname=postgres", data_key)

    store.store([delivery()])

    store.close()
    between.close()
    shutil.rmtree(folder)
    assert between.to_lose == 0
    with open_session(own.dsn, tenant.tenant_id) as session:
        assert len(registers.events(session)) == 1
        assert registers.quarantine(session) == []
