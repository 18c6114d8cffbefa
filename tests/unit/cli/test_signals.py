"""Signals are noted without a lock, and children are kept until one comes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from so_privacy_ext.cli import supervisor
from so_privacy_ext.cli.signals import Told
from so_privacy_ext.cli.supervisor import Child, Supervisor

BOTH = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in BOTH}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_first_signal_counts() -> None:
    told = Told()

    assert told.first is None
    assert told.wait(0.01) is None
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    assert told.wait(5) is signal.SIGINT
    assert told.first is signal.SIGINT


def test_signals_from_all_sides_stop_nobody() -> None:
    """With an Event in the handler, this comes to a stop for good within a second or two."""
    told = Told()
    until = time.monotonic() + 1.0

    def fire() -> None:
        while time.monotonic() < until:
            os.kill(os.getpid(), signal.SIGTERM)

    threads = [threading.Thread(target=fire) for _ in range(2)]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        told.wait(0.001)
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert told.first is signal.SIGTERM


def test_what_cannot_be_started_is_tried_again() -> None:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    kept = Supervisor([Child("web", ["web"], [987])], say)

    assert kept.run() is signal.SIGTERM
    assert set(said) == {"web can't be started (Bad file descriptor); starting it again"}


def test_who_does_not_end_when_told_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_GRACE", 0.2)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        supervisor._end(process)

        assert process.returncode == -signal.SIGKILL


def test_a_child_ends_with_the_one_that_holds_its_lifeline() -> None:
    told = Told()
    reading, holding = os.pipe()
    supervisor.watch(None)
    supervisor.watch(reading)

    assert told.wait(0.3) is None
    os.close(holding)
    assert told.wait(5) is signal.SIGTERM
    os.close(reading)
