"""Two workers and two web processes on one PostgreSQL: nothing twice, one pace, turns taken over."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from so_sandbox.demo_tenant import add_demo_tenant
from tests.chaos import oracle
from tests.chaos.door import Visit, busiest_second
from tests.chaos.persons import KINDS, Life, enter
from tests.chaos.product import Database, Product, end, listen, wait_until
from tests.chaos.soak import MANIFEST, behind_a_door
from tests.chaos.watched import WatchedTenant, WatchedWorld

TENANTS = ("Cust72001", "Cust72002", "Cust72003")
TAKEN_OVER_WITHIN = 30.0
"""Seconds, on a busy machine: the server ends a session after six of silence, a worker looks every two, and
begins by reading the tenant's lists. How long it takes is measured by the bench."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WEB_KIND = next(kind for kind in KINDS if kind.name == "web")


class House:
    """The sandbox, the database, and two of each process."""

    def __init__(self, folder: Path) -> None:
        self.world = WatchedWorld()
        for name in TENANTS:
            add_demo_tenant(self.world, name)
        self.door, self.sandbox = behind_a_door(self.world, folder)
        self.database = Database(folder / "data")
        self.listener = listen()
        self.product = Product(
            folder, folder / "sandbox" / "settings.env", self.database, self.listener, None
        )
        self.webs = [self.product.spawn("web") for _ in range(2)]
        self.workers = [self.product.spawn("worker") for _ in range(2)]

    def close(self) -> None:
        for process in (*self.workers, *self.webs):
            end(process)
        self.sandbox.stop()
        self.door.close()
        self.database.stop()
        self.listener.close()

    def install(self, name: str) -> WatchedTenant:
        token = self.sandbox.credentials.system_user_tokens[name]
        words = ("tenant", "add", name, "--environment", "sandbox", "--system-user-token-file", "-")
        self.product.command(*words, given=token)
        self.product.command("manifest", "activate", str(MANIFEST), "--tenant", name)
        tenant = next(one for one in self.world.watched() if one.context_identifier == name)
        tenant.history.installed = True
        return tenant

    def enter_many(self, tenant: WatchedTenant, count: int) -> list[Life]:
        rng = random.Random(1)
        lives = [Life(n, WEB_KIND, "DK", f"p{n}@example.com", 0.0) for n in range(count)]
        for life in lives:
            enter(tenant, life, rng)
        return lives

    def open_events(self) -> int:
        found = self.database.rows("SELECT count(*) AS n FROM inbox WHERE state = 'open'")
        return int(found[0]["n"])

    def unknown_mails(self) -> set[int]:
        """Give the persons of whom it is not known whether they were told."""
        found = self.database.rows("SELECT person_id FROM mail WHERE state = 'unknown'")
        return {int(one["person_id"]) for one in found}

    def wait_for_rest(self) -> None:
        def at_rest() -> bool:
            return self.sandbox.dispatcher.open == 0 and self.open_events() == 0

        for _ in range(2):  # an echo of the last write may have been on its way
            wait_until("events are still open", at_rest, 120)
            time.sleep(0.5)

    def callers(self, worker: subprocess.Popen[bytes]) -> set[int]:
        """Give the ports from which a worker calls the CRM."""
        connections = psutil.Process(worker.pid).net_connections(kind="tcp")
        return {one.laddr.port for one in connections if one.raddr[1:] == (self.door.port,)}

    def at_work(self, tenant: WatchedTenant) -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]:
        """Give the worker that is calling for this tenant now, and the other."""
        found: list[subprocess.Popen[bytes]] = []

        def seen() -> bool:
            visits = self.door.visits(tenant.context_identifier)
            if not visits or visits[-1].at < time.time() - 0.5:
                return False
            found[:] = [one for one in self.workers if visits[-1].port in self.callers(one)]
            return bool(found)

        wait_until("nobody works", seen, 30, every=0.05)
        return found[0], next(one for one in self.workers if one is not found[0])

    def replace(self, worker: subprocess.Popen[bytes]) -> None:
        end(worker)
        self.workers[self.workers.index(worker)] = self.product.spawn("worker")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
    made = House(folder)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


def writes_per_person(tenant: WatchedTenant) -> Counter[int]:
    return Counter(
        person_id for person_id, entries in tenant.history.entries.items() for entry in entries if entry.ours
    )


def assert_each_once(tenant: WatchedTenant, lives: list[Life]) -> None:
    ids = {life.person_id for life in lives}
    assert writes_per_person(tenant) == dict.fromkeys(ids, 1)
    mails = [one for one in tenant.tables.outbox if one.template_name == oracle.NOTICE_13]
    assert Counter(one.person_id for one in mails) == dict.fromkeys(ids, 1)


def calls_of(visits: list[Visit], ports: set[int], since: float) -> list[Visit]:
    return [one for one in visits if one.port in ports and one.at >= since]


def after(process: subprocess.Popen[bytes], wait: Callable[[], None]) -> None:
    """Thaw a frozen process whatever happens meanwhile."""
    try:
        wait()
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)


@pytest.mark.row("F52")
@pytest.mark.row("F48")
def test_two_of_each_do_nothing_twice_and_keep_one_pace(house: House) -> None:
    tenant = house.install(TENANTS[0])
    lives = house.enter_many(tenant, 20)
    dispatcher = house.sandbox.dispatcher
    whole = [one for one in dispatcher.log if one.event == "person.created"]
    dispatcher.again(whole)
    dispatcher.again(whole, fresh=True)
    house.wait_for_rest()
    assert_each_once(tenant, lives)
    assert busiest_second(house.door.visits(tenant.context_identifier)) <= 10


@pytest.mark.row("F51")
@pytest.mark.row("F52")
def test_a_frozen_worker_has_lost_its_turn_when_it_wakes(house: House) -> None:
    tenant = house.install(TENANTS[1])
    lives = house.enter_many(tenant, 75)
    frozen, other = house.at_work(tenant)
    time.sleep(3.0)  # in the midst of writing
    ports = house.callers(frozen)
    os.kill(frozen.pid, signal.SIGSTOP)
    stopped = time.time()

    def others_turn() -> None:
        def at_work() -> bool:
            return bool(calls_of(house.door.visits(tenant.context_identifier), house.callers(other), stopped))

        wait_until("nobody takes the turn over", at_work, TAKEN_OVER_WITHIN)

    after(frozen, others_turn)
    woken = time.time()
    wait_until("the frozen worker says nothing", lambda: "turn_lost" in _said(house), 10)
    time.sleep(1.0)
    visits = house.door.visits(tenant.context_identifier)
    assert calls_of(visits, house.callers(other), woken), "the turn was not at work when the frozen one woke"
    late = calls_of(visits, ports | house.callers(frozen), woken)
    assert len(late) <= 1, "a worker without a turn went on calling"
    house.wait_for_rest()
    mails = Counter(one.person_id for one in tenant.tables.outbox if one.template_name == oracle.NOTICE_13)
    assert set(mails.values()) == {1}
    # Frozen between the claim and the call: nobody can say whether it was made, so nobody asks again.
    missing = {life.person_id for life in lives} - mails.keys()
    assert missing <= house.unknown_mails()
    assert len(missing) <= 1
    again = [one for one, times in writes_per_person(tenant).items() if times > 1]
    assert len(again) <= len(late)
    assert busiest_second(house.door.visits(tenant.context_identifier)) <= 10


@pytest.mark.row("F54")
def test_a_killed_workers_turn_is_taken_over(house: House) -> None:
    tenant = house.install(TENANTS[2])
    lives = house.enter_many(tenant, 30)
    killed, other = house.at_work(tenant)
    time.sleep(2.0)
    ports = house.callers(killed)
    before = calls_of(house.door.visits(tenant.context_identifier), house.callers(other), 0.0)
    os.kill(killed.pid, signal.SIGKILL)
    died = time.time()

    def taken_over() -> bool:
        visits = house.door.visits(tenant.context_identifier)
        return len(calls_of(visits, house.callers(other), 0.0)) > len(before)

    wait_until("nobody takes the turn over", taken_over, TAKEN_OVER_WITHIN)
    assert not calls_of(house.door.visits(tenant.context_identifier), ports, died + 0.5)
    house.replace(killed)
    house.wait_for_rest()
    assert_each_once(tenant, lives)


def _said(house: House) -> str:
    return (house.product.folder / "worker.log").read_text(errors="replace")
