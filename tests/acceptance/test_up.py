"""`so-privacy up`: nobody is refused when a child is killed, nothing is lost when all are, it ends well."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psutil
import pytest
import requests

from so_sandbox.deliveries import signature
from tests.acceptance.installed import FIRST, Forking, Running, hearing_ctrl_c, until


@pytest.fixture(scope="module")
def stage(forking: Forking) -> Iterator[Running]:
    """A product of this module's own, since it is killed here, with a tenant."""
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
    product = Running(folder, forking)
    try:
        product.install()
        yield product
    finally:
        product.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Poster:
    """A CRM that posts signed deliveries one after the other, by the vendor's law of three tries."""

    def __init__(self, running: Running) -> None:
        hook, _watch = running.tenant().webhooks()
        self._url, self._secret = hook.target_url, hook.secret
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.acknowledged: list[str] = []
        self.lost: list[str] = []
        self.refused = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            event_id = str(uuid.uuid4())
            good = any(self._post(event_id, retry) for retry in range(3))
            (self.acknowledged if good else self.lost).append(event_id)

    def _post(self, event_id: str, retry: int) -> bool:
        self._stop.wait((0, 1, 4)[retry])
        body = json.dumps(
            {"EventId": event_id, "Event": "person.changed", "PrimaryKey": 1, "ContextIdentifier": FIRST}
        ).encode()
        headers = {
            "X-SuperOffice-Signature": signature(self._secret, body),
            "X-SuperOffice-EventId": event_id,
            "X-SuperOffice-Event": "person.changed",
            "Content-Type": "application/json",
        }
        try:
            return requests.post(self._url, body, headers=headers, timeout=10).status_code == 200
        except requests.ConnectionError as error:
            self.refused += "refused" in str(error)
            return False


def child(running: Running, name: str) -> psutil.Process:
    """Find a child of `up` by its command."""
    found: list[psutil.Process] = []

    def there() -> bool:
        found[:] = [one for one in psutil.Process(running.up.pid).children() if name in _words(one)]
        return len(found) == 1

    until(there, f"there is no {name}")
    return found[0]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def stored(running: Running) -> set[str]:
    return {row[0] for row in running.rows("SELECT event_id FROM so_privacy.inbox")}


@pytest.mark.slow
@pytest.mark.row("F01", "F02", "F05")
def test_the_web_process_is_killed_while_deliveries_come(stage: Running) -> None:
    with Poster(stage) as poster:
        for _ in range(3):
            web = child(stage, "web")
            time.sleep(0.5)
            web.kill()
            until(lambda: not web.is_running() or web.status() == psutil.STATUS_ZOMBIE, "it lives on")  # noqa: B023
            before = len(poster.acknowledged)
            until(lambda: len(poster.acknowledged) > before + 5, "no web process came again")  # noqa: B023

    assert poster.refused == 0
    assert poster.lost == []
    assert set(poster.acknowledged) <= stored(stage)
    assert stage.said().count("web ended with -9; starting it again") == 3
    assert stage.up.poll() is None


@pytest.mark.slow
@pytest.mark.row("F04")
def test_the_web_process_is_told_to_end_while_deliveries_come(stage: Running) -> None:
    with Poster(stage) as poster:
        web = child(stage, "web")
        until(lambda: len(poster.acknowledged) > 20, "nothing is answered")
        web.terminate()
        before = len(poster.acknowledged)
        until(lambda: len(poster.acknowledged) > before + 20, "no web process came again")

    assert (poster.refused, poster.lost) == (0, [])
    assert set(poster.acknowledged) <= stored(stage)
    assert "web ended with 0; starting it again" in stage.said()


@pytest.mark.slow
@pytest.mark.row("F04")
def test_it_ends_in_time_with_a_request_that_never_comes_to_an_end(stage: Running) -> None:
    web = child(stage, "web")
    until(stage.answers, "it does not answer")
    with socket.create_connection(("127.0.0.1", stage.port)) as stuck:
        stuck.sendall(b"POST /webhooks/0 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nhalf")
        begun = time.monotonic()
        web.terminate()
        until(lambda: not web.is_running() or web.status() == psutil.STATUS_ZOMBIE, "it does not end", 15)

    assert time.monotonic() - begun <= 11
    stage.await_ready()


@pytest.mark.slow
def test_the_worker_is_killed(stage: Running) -> None:
    child(stage, "worker").kill()
    until(lambda: "worker ended with -9; starting it again" in stage.said(), "nobody noticed")

    with Poster(stage) as poster:
        until(lambda: len(poster.acknowledged) > 3, "nothing is answered")
    stage.settle()


@pytest.mark.slow
@pytest.mark.row("F01")
def test_the_parent_is_killed_and_the_next_one_goes_on(stage: Running) -> None:
    children = [child(stage, "web"), child(stage, "worker")]
    with Poster(stage) as poster:
        until(lambda: len(poster.acknowledged) > 5, "nothing is answered")
    stage.up.kill()
    stage.up.wait()

    gone, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []
    assert len(gone) == 2
    stage.run("tenant", "list")  # PostgreSQL outlived its parent, so nothing that was acknowledged is lost
    stage.up = stage.start("up")
    stage.await_ready()
    assert set(poster.acknowledged) <= stored(stage)
    assert poster.lost == []
    with Poster(stage) as poster:
        until(lambda: len(poster.acknowledged) > 5, "nothing is answered")
    stage.settle()
    assert stage.good("journal", "verify")["right"]


@pytest.mark.slow
def test_postgres_is_killed_with_the_parent(stage: Running) -> None:
    """A whole machine that goes down: at the next start all is there that was acknowledged."""
    children = [child(stage, "web"), child(stage, "worker")]
    with Poster(stage) as poster:
        until(lambda: len(poster.acknowledged) > 5, "nothing is answered")
    number = int((stage.folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0])
    stage.up.kill()
    os.kill(number, signal.SIGKILL)
    stage.up.wait()
    until(lambda: not psutil.pid_exists(number) or psutil.Process(number).status() == "zombie", "it lives on")
    assert psutil.wait_procs(children, timeout=15)[1] == []  # else the old one answers for the new one

    stage.up = stage.start("up")
    stage.await_ready()
    assert set(poster.acknowledged) <= stored(stage)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signals", "code"),
    [
        ([signal.SIGTERM], 0),
        ([signal.SIGINT], 130),
        ([signal.SIGINT, signal.SIGTERM, signal.SIGINT], 130),
    ],
)
def test_it_ends_when_told(stage: Running, signals: list[signal.Signals], code: int) -> None:
    children = [child(stage, "web"), child(stage, "worker")]
    number = int((stage.folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0])
    begun = time.monotonic()
    for one in signals:
        stage.up.send_signal(one)

    assert stage.up.wait(20) == code
    assert time.monotonic() - begun < 15
    assert psutil.wait_procs(children, timeout=1)[1] == []
    assert not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE
    assert stage.said().endswith("so-privacy has stopped\n")
    assert "Traceback" not in stage.said()
    stage.up = stage.start("up")
    stage.await_ready()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["web", "worker"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_web_and_worker_alone(stage: Running, name: str, number: signal.Signals, code: int) -> None:
    log = stage.folder / f"{name}.log"
    log.unlink(missing_ok=True)
    # Without DATABASE_URL they find the database that `up` has started in the same folder.
    process = stage.start(name, SO_PRIVACY_BIND="127.0.0.1:0")
    watching = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'so-privacy worker'"
    if name == "web":
        until(lambda: "Application startup complete" in stage.said(name), "it does not come up")
    else:
        until(lambda: stage.rows(watching)[0][0] >= 2, "it does not come up")
    process.send_signal(number)

    assert process.wait(15) == code
    assert "Traceback" not in stage.said(name)
    assert all(json.loads(line) for line in stage.said(name).splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("pause", [1.0, 2.5])
def test_ctrl_c_while_it_starts(stage: Running, tmp_path: Path, pause: float) -> None:
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
    environment = stage.environment | {"SO_PRIVACY_BIND": "127.0.0.1:0", "SO_PRIVACY_DATA_DIR": str(folder)}
    try:
        with hearing_ctrl_c(), (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                [*_up(stage)], env=environment, cwd=tmp_path, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert "Traceback" not in (tmp_path / "log").read_text()

        process = subprocess.Popen(
            [*_up(stage), "--json"], env=environment, cwd=tmp_path, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        said = json.loads(b"".join(process.stdout.readline() for _ in range(4)))
        assert said["listens"].startswith("http://127.0.0.1:")
        process.terminate()
        process.communicate(timeout=20)
        assert process.returncode == 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _up(stage: Running) -> list[str]:
    return [str(stage.up.args[0]), "up"]  # type: ignore[index] # a list, as we gave it
