"""The web process: ended, killed, starved, and started again on a socket that is held."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from so_privacy_ext.web.limits import Limits
from so_privacy_ext.web.server import listen
from tests.house import until
from tests.unit.web import served
from tests.unit.web.client import Client, Reply, ask, body, delivery, request
from tests.unit.web.conftest import Run

ROOT = Path(__file__).parents[3]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def held() -> Iterator[socket.socket]:
    with listen("127.0.0.1", 0) as listening:
        yield listening


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def start(held: socket.socket, kept: Path) -> Iterator[Start]:
    processes: list[subprocess.Popen[str]] = []

    def starting(mode: str = "", before: Callable[[], None] | None = None) -> "subprocess.Popen[str]":
        one = subprocess.Popen(
            [sys.executable, str(Path(served.__file__)), str(held.fileno()), str(kept), mode],
            pass_fds=[held.fileno()],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=before,  # noqa: PLW1509 - it only lowers a limit
        )
        processes.append(one)
        return one

    yield starting
    for one in processes:
        one.kill()
        one.communicate()


def _until_live(address: tuple[str, int]) -> None:
    reply = ask(address, request(b"", method="GET", target="/healthz/live"))
    assert (reply.status, reply.body) == (200, b"live")


def _end(process: "subprocess.Popen[str]", seconds: float = 10) -> tuple[str, str]:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=seconds + 5)
    assert time.monotonic() - began < seconds
    assert process.returncode == 0, output
    return output


@dataclass(frozen=True)
class Delivered:
    event_id: str
    status: int
    attempts: int


def _deliver(address: tuple[str, int], stop: threading.Event, seen: list[Delivered], keep: bool) -> None:
    """Post as SuperOffice does, at 0, +1, +4 s; what ends without an answer was not acknowledged."""
    client: Client | None = None
    while not stop.is_set():
        raw = body()
        status = attempts = 0
        for pause in (0, 1, 4):
            time.sleep(pause)
            attempts += 1
            try:
                client = client or Client(address)
                client.send(delivery(raw))
                reply: Reply | None = client.reply()
            except ConnectionError:
                reply = None
            if client is not None and (reply is None or not keep or reply.header("connection") == "close"):
                client.socket.close()
                client = None
            status = 0 if reply is None else reply.status
            if status == 200:
                break
        seen.append(Delivered(json.loads(raw)["EventId"], status, attempts))
        time.sleep(0.003)
    if client is not None:
        client.socket.close()


class Traffic:
    def __init__(self, address: tuple[str, int], clients: int, *, keep: bool) -> None:
        self.seen: list[Delivered] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=_deliver, args=(address, self._stop, self.seen, keep))
            for _ in range(clients)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.row("F04")
@pytest.mark.parametrize("keep", [True, False], ids=["kept connections", "fresh connections"])
def test_sigterm_in_a_burst(start: Start, held: socket.socket, kept: Path, *, keep: bool) -> None:
    address = held.getsockname()
    first = start()
    _until_live(address)
    with Traffic(address, 8, keep=keep) as traffic:
        time.sleep(0.7)
        second = start()
        output, errors = _end(first)
        time.sleep(0.7)
        _until_live(address)
    _end(second)

    assert output == "ended by SIGTERM\n"
    assert "Traceback" not in errors
    assert len(traffic.seen) > 20
    assert {(one.status, one.attempts) for one in traffic.seen} == {(200, 1)}
    assert {one.event_id for one in traffic.seen} <= set(kept.read_text().split())


@pytest.mark.row("F04")
def test_sigterm_with_a_request_that_is_stuck(start: Start, held: socket.socket) -> None:
    process = start("stuck")
    _until_live(held.getsockname())
    with Client(held.getsockname()) as stuck, Client(held.getsockname()) as half, Client(held.getsockname()):
        stuck.send(delivery(body()))
        half.send(request(b"", "Content-Length: 10", length=False))
        time.sleep(0.2)
        _end(process, served.GRACEFUL_WHEN_STUCK)


@pytest.mark.row("F04")
def test_sigterm_lets_a_slow_commit_end(start: Start, held: socket.socket, kept: Path) -> None:
    process = start("slow")
    _until_live(held.getsockname())
    with Client(held.getsockname()) as client, Client(held.getsockname()) as late:
        client.send(delivery(body()))
        time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        reply = client.reply()
        # Connected before the signal, asked after it.
        after = late.ask(delivery(body()))
    process.communicate(timeout=10)

    assert reply is not None
    assert (reply.status, after.status, after.header("connection")) == (200, 200, "close")
    assert len(kept.read_text().split()) == 2
    assert process.returncode == 0


@pytest.mark.row("F05", "F01", "F02")
def test_killed_and_started_again_on_a_held_socket(start: Start, held: socket.socket, kept: Path) -> None:
    """In short: nobody is refused, no acknowledged event is missing, none is lost after three attempts."""
    address = held.getsockname()
    process = start()
    _until_live(address)
    with Traffic(address, 6, keep=False) as traffic:
        for number in range(4):
            time.sleep(0.4)
            process.send_signal(signal.SIGKILL if number % 2 else signal.SIGTERM)
            process.wait(10)
            process = start()
            _until_live(address)
    _end(process)

    stored = set(kept.read_text().split())
    assert len(traffic.seen) > 20
    assert {one.status for one in traffic.seen} == {200}
    assert {one.event_id for one in traffic.seen} <= stored


@pytest.mark.row("F13")
def test_too_few_open_files(start: Start, held: socket.socket, kept: Path) -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    process = start(before=few)
    address = held.getsockname()
    _until_live(address)
    crowd = [Client(address) for _ in range(150)]
    statuses = []
    for _ in range(20):
        raw = body()
        statuses.append((json.loads(raw)["EventId"], ask(address, delivery(raw)).status))
    for client in crowd:
        client.socket.close()
    _until_live(address)
    _, errors = _end(process)

    assert "Traceback" not in errors
    assert {status for _, status in statuses} == {200}
    assert {event_id for event_id, _ in statuses} <= set(kept.read_text().split())


@pytest.mark.row("F13")
def test_live_says_when_only_a_restart_helps(running: Run) -> None:
    with running(store_seconds=1.0, stuck_seconds=0.3) as one:
        alive = request(b"", method="GET", target="/healthz/live")
        one.storage.open.clear()
        assert ask(one.address, alive).body == b"live"
        # The slot is looked up before the commit is stuck.
        one.storage.open.set()
        assert ask(one.address, delivery(body())).status == 200
        one.storage.open.clear()
        assert ask(one.address, delivery(body())).status == 503
        until(lambda: ask(one.address, alive).status != 200, "it is not stuck")
        reply = ask(one.address, alive)
        assert (reply.status, reply.body) == (503, b"stuck")
        one.storage.open.set()
        until(lambda: ask(one.address, alive).body == b"live", "it stays stuck")


def test_a_port_in_use_is_an_error_at_once(held: socket.socket) -> None:
    with pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", held.getsockname()[1])


def test_limits_follow_the_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, expected in ((resource.RLIM_INFINITY, 4096), (20_000, 4096), (1024, 924), (64, 16)):
        monkeypatch.setattr(resource, "getrlimit", lambda _what, soft=soft: (soft, soft))
        limits = Limits().within_open_files()
        assert limits.connections == expected
        assert limits.connections_per_address <= expected
