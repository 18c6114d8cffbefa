"""The receiver in a process of its own, over PostgreSQL: what was answered 200 is there, once."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from so_privacy_ext.model import ContextIdentifier
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.web.server import listen
from tests.acceptance import web_process
from tests.unit.web.client import Client, Reply, ask, body, delivery, request

ROOT = Path(__file__).parents[2]


@dataclass
class Receiver:
    """One web process after another on one socket, with one tenant's slot."""

    dsn: str
    listening: socket.socket
    tenant: tenants.AddedTenant
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> tuple[str, int]:
        address: tuple[str, int] = self.listening.getsockname()[:2]
        return address

    def start(self, stderr: int | None = None) -> None:
        fd = self.listening.fileno()
        self.process = subprocess.Popen(
            [sys.executable, str(Path(web_process.__file__)), str(fd), self.dsn],
            pass_fds=[fd],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        reply = ask(self.address, request(b"", method="GET", target="/healthz/live"))
        assert reply.status == 200

    def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(15)

    def signed(self, raw: bytes) -> bytes:
        return delivery(
            raw, secret=self.tenant.webhook_secret.encode(), target=f"/webhooks/{self.tenant.slot}"
        )

    def post(self, raw: bytes) -> Reply:
        return ask(self.address, self.signed(raw))

    def rows(self, table: str) -> list[tuple[object, ...]]:
        columns = {"inbox": "event_id, body, name", "quarantine": "event_id, body, reason"}[table]
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(f"SELECT {columns} FROM so_privacy.{table}").fetchall()


@pytest.fixture
def receiver(dsn: str) -> Iterator[Receiver]:
    added = tenants.add(
        dsn,
        DataKey(web_process.KEY),
        environment="sandbox",
        context_identifier=ContextIdentifier("Cust12345"),
        system_user_token=b"token",
    )
    with listen("127.0.0.1", 0) as listening:
        one = Receiver(dsn, listening, added)
        one.start()
        yield one
        if one.process is not None and one.process.poll() is None:
            one.end(signal.SIGKILL)


def test_ready_says_that_the_database_answers(receiver: Receiver) -> None:
    reply = ask(receiver.address, request(b"", method="GET", target="/healthz/ready"))

    assert (reply.status, reply.body) == (200, b"ready")


@pytest.mark.row("F17")
def test_one_delivery_a_hundred_times_at_once(receiver: Receiver) -> None:
    raw = body()
    with ThreadPoolExecutor(100) as pool:
        statuses = [reply.status for reply in pool.map(receiver.post, [raw] * 100)]

    assert statuses == [200] * 100
    assert receiver.rows("inbox") == [(json.loads(raw)["EventId"], raw, "person.changed")]


@pytest.mark.row("F18", "B28")
def test_one_event_id_with_two_bodies(receiver: Receiver) -> None:
    first = body()
    second = body(EventId=json.loads(first)["EventId"].upper(), PrimaryKey=19)

    assert [receiver.post(raw).status for raw in (first, second, second, first)] == [200] * 4
    assert [row[1] for row in receiver.rows("inbox")] == [first]
    assert [(row[1], row[2]) for row in receiver.rows("quarantine")] == [(second, "event_id_reused")]


@pytest.mark.row("B26", "B29", "B33", "B34", "B36", "B37", "B38", "B40")
def test_odd_bodies_are_kept_as_they_came(receiver: Receiver) -> None:
    events = [
        body(Event="test", Entity="test", PrimaryKey=0, ContextIdentifier="Default", Changes=[]),
        body(EventId=None, WebhookName="\ud800\x00\u202e"),
        body(Event="person.teleported", Changes=["a\x00b", "\ud800", "title"]),
        b"\xef\xbb\xbf" + body(Timestamp="9999-12-31T23:59:59Z"),
    ]
    odd = {
        b"": "bad_json",
        b"\x00\xff" * 50: "bad_json",
        body(ContextIdentifier="Cust54321"): "context_mismatch",
        body(PrimaryKey=2**63): "bad_primary_key",
    }

    assert [receiver.post(raw).status for raw in (*events, *odd)] == [200] * 8
    assert sorted(bytes(row[1]) for row in receiver.rows("inbox")) == sorted(events)  # type: ignore[call-overload] # bytea
    assert {row[1]: row[2] for row in receiver.rows("quarantine")} == odd


@pytest.mark.row("B16", "B21")
def test_unsigned_leaves_nothing(receiver: Receiver) -> None:
    target = f"/webhooks/{receiver.tenant.slot}"

    assert ask(receiver.address, request(body(), target=target)).status == 401
    assert ask(receiver.address, delivery(body(), target=target)).status == 401
    assert receiver.rows("inbox") == receiver.rows("quarantine") == []


@pytest.mark.row("F22")
def test_a_client_that_does_not_wait_and_asks_again(receiver: Receiver) -> None:
    raw = body()
    with psycopg.connect(receiver.dsn) as blocking:
        blocking.execute("LOCK TABLE so_privacy.inbox IN SHARE MODE")
        with Client(receiver.address, seconds=0.5) as impatient, pytest.raises(TimeoutError):
            impatient.ask(receiver.signed(raw))

    assert receiver.post(raw).status == 200
    assert len(receiver.rows("inbox")) == 1


@pytest.mark.row("F14")
def test_a_burst(receiver: Receiver) -> None:
    """In short; 50,000 are the soak's."""
    raws = [receiver.signed(body(WebhookName="x" * 1500)) for _ in range(2000)]

    def burst(mine: list[bytes]) -> set[int]:
        with Client(receiver.address) as client:
            return {client.ask(raw).status for raw in mine}

    with ThreadPoolExecutor(40) as pool:
        statuses = set().union(*pool.map(burst, [raws[start::40] for start in range(40)]))

    assert statuses == {200}
    assert len(receiver.rows("inbox")) == 2000


def _deliver(receiver: Receiver, stop: threading.Event, seen: list[tuple[str, int]]) -> None:
    """Post by the vendor's law; a connection that ended without an answer is not an acknowledgement."""
    while not stop.is_set():
        raw, status = body(), 0
        for pause in (0, 1, 4):
            time.sleep(pause)
            try:
                with Client(receiver.address) as client:
                    client.send(receiver.signed(raw))
                    reply = client.reply()
                    status = 0 if reply is None else reply.status
            except ConnectionError:
                status = 0
            if status == 200:
                break
        seen.append((json.loads(raw)["EventId"], status))


@contextmanager
def _traffic(receiver: Receiver, clients: int) -> Iterator[list[tuple[str, int]]]:
    seen: list[tuple[str, int]] = []
    stop = threading.Event()
    threads = [threading.Thread(target=_deliver, args=(receiver, stop, seen)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.row("F01", "F02", "F05", "F10")
def test_killed_again_and_again_on_a_held_socket(receiver: Receiver) -> None:
    """Nobody is refused a connection, what was acknowledged is stored, stored once, nothing is lost."""
    chance = random.Random(7)
    with _traffic(receiver, 6) as seen:
        for number in range(6):
            time.sleep(0.4 + chance.random() * 0.3)
            assert receiver.end(signal.SIGTERM if number == 3 else signal.SIGKILL) in (0, -signal.SIGKILL)
            receiver.start()

    stored = [row[0] for row in receiver.rows("inbox")]
    assert {status for _, status in seen} == {200}
    assert len(stored) == len(set(stored))
    assert {event_id for event_id, _ in seen} <= set(stored)
    assert receiver.rows("quarantine") == []


@pytest.mark.row("F10", "F11", "F12")
def test_the_database_ends_our_connections(receiver: Receiver) -> None:
    with _traffic(receiver, 1) as seen, psycopg.connect(receiver.dsn, autocommit=True) as administrator:
        for _ in range(10):
            time.sleep(0.1)
            administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'so-privacy receiver' AND datname = current_database()"
            )

    assert {status for _, status in seen} == {200}
    assert sorted(str(row[0]) for row in receiver.rows("inbox")) == sorted(event_id for event_id, _ in seen)


@pytest.mark.row("F80")
def test_nobody_reads_the_log_and_every_delivery_is_stored(receiver: Receiver) -> None:
    receiver.end(signal.SIGTERM)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    receiver.start(stderr=writing)
    for number in range(30):
        assert ask(receiver.address, delivery(body(), secret=b"another" * 5)).status == 401  # and is logged
        assert receiver.post(body(EventId=str(uuid.UUID(int=number)))).status == 200

    assert len(receiver.rows("inbox")) == 30
    assert receiver.end(signal.SIGTERM) == 0
    for end in (reading, writing):
        os.close(end)
