"""Turns: taken when there is work, ended with a pause that fits the failure, never lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from so_privacy_ext import worker as working
from so_privacy_ext.errors import Fault, NeedsHuman, Park, Retry, StorageUnavailable
from so_privacy_ext.model import TenantId
from so_privacy_ext.processing.work import Work
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.turns import Turn, take
from so_privacy_ext.worker import Worker
from tests.unit.processing.fake_crm import NOTICE_13, failure
from tests.unit.processing.world import KEY, World

SOON = 30.0


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)


class Running:
    """A worker over some worlds; `before` is called with each turn that it uses."""

    def __init__(self, *worlds: World, threads: int = 2) -> None:
        self.worlds = {world.tenant_id: world for world in worlds}
        self.dsn = worlds[0].dsn
        self.turns: list[TenantId] = []
        self.before: Callable[[Turn], None] = lambda turn: None
        self.manifest = True
        self.worker = Worker(self.dsn, self.take, self.make_work, threads=threads)
        self.stop = threading.Event()

    def take(self, tenant_id: TenantId) -> Turn | None:
        return take(self.dsn, tenant_id, KEY)

    def make_work(self, turn: Turn, must_yield: Callable[[], bool]) -> Work | None:
        self.turns.append(turn.tenant.tenant_id)
        self.before(turn)
        if not self.manifest:
            return None
        return self.worlds[turn.tenant.tenant_id].work(turn, must_yield=must_yield)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        thread = threading.Thread(target=self.worker.run, args=[self.stop])
        thread.start()
        try:
            yield
        finally:
            self.stop.set()
            thread.join(SOON)
        assert not thread.is_alive()


def parked(world: World) -> tuple[str | None, float | None]:
    """Give the reason and the seconds for which a tenant is parked."""
    (row,) = world.rows("tenant")
    return row["parked_reason"], row["parked_until"] and (
        row["parked_until"] - world.clock.now()
    ).total_seconds()


def test_work_that_is_there_and_work_that_comes_is_done(make: Callable[[], World]) -> None:
    one, other = make(), make()
    for world in (one, other):
        world.crm.add(1)
    one.deliver("person.created", 1)
    with Running(one, other)():
        until(lambda: one.crm.outbox)
        other.deliver("person.created", 1)
        until(lambda: other.crm.outbox)
        until(lambda: not (one.events("open") or other.events("open")))


def test_unknown_mails_are_looked_up_by_the_turn(world: World) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", fail=failure(Retry, Fault.TRANSPORT))
    world.deliver("person.created", 1)
    running = Running(world)
    with running():
        until(lambda: world.rows("mail") and world.rows("mail")[0]["state"] == "unknown")
        world.crm.archive(1, NOTICE_13)
        with psycopg.connect(world.dsn, autocommit=True) as admin:
            admin.execute("UPDATE so_privacy.mail SET look_up_at = now()")
        until(lambda: world.rows("mail")[0]["state"] == "sent")


@pytest.mark.parametrize(
    ("failed", "reason", "least", "most"),
    [
        (failure(Retry, Fault.THROTTLED, wait=77.0), "throttled", 70, 93),
        (failure(Retry, Fault.THROTTLED, wait=0.0), "throttled", 0, 1.3),
        (failure(Retry, Fault.TRANSIENT), "transient", 4, 6.1),
        (failure(NeedsHuman, Fault.VALIDATION), "validation", 4, 6.1),
        (failure(Park, Fault.AUTHORIZATION_LOST), "authorization_lost", 890, 1081),
        (failure(Park, Fault.TENANT_STATE, wait=60.0), "tenant_state", 55, 73),
        (RuntimeError("a defect"), "RuntimeError", 55, 61),
    ],
)
def test_the_pause_fits_the_failure(
    world: World, failed: Exception, reason: str, least: float, most: float
) -> None:
    world.deliver("person.created", 1)
    running = Running(world)

    def fail(turn: Turn) -> None:
        raise failed

    running.before = fail
    begun = time.monotonic()
    with running():
        until(lambda: parked(world)[0])
    assert len(running.turns) >= 1
    found, seconds = parked(world)
    assert found == reason
    assert seconds is not None
    assert seconds <= most
    assert least <= seconds + time.monotonic() - begun  # some of it may be over already
    assert [one.attempts for one in world.events("open")] == [0]


def test_a_failing_tenant_waits_longer_each_time_until_it_works(world: World) -> None:
    world.deliver("person.created", 99)
    running = Running(world)
    waits = []
    world.crm.on("read_persons", times=8, fail=failure(Retry, Fault.TRANSIENT))
    for _ in range(9):
        with world.turn() as turn:
            turn.park("test", 0)
        with world.turn() as turn:
            begun = world.clock.now()
            running.worker._use(turn, threading.Event())
        reason, left = parked(world)
        worked = (world.clock.now() - begun).total_seconds()
        waits.append((left, left + worked) if reason == "transient" and left is not None else None)
    *failed, last = waits
    for low, wait in zip([5, 10, 20, 40, 80, 160, 300, 300], failed, strict=True):
        assert wait is not None
        left, whole = wait  # it began somewhere in the time that was worked
        assert left <= 1.2 * low + 1
        assert whole >= low - 1
    assert last is None
    assert not running.worker._failures


def test_without_a_manifest_the_tenant_waits_for_one(world: World) -> None:
    world.deliver("person.created", 1)
    running = Running(world)
    running.manifest = False
    with running():
        until(lambda: parked(world)[0])
    assert parked(world)[0] == "no_manifest"
    assert len(world.events("open")) == 1


def test_a_turn_that_is_lost_is_taken_again(world: World) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    running = Running(world)
    lost: list[Turn] = []

    def lose(turn: Turn) -> None:
        if not lost:
            lost.append(turn)
            with psycopg.connect(world.dsn, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s)", [turn.connection.info.backend_pid])

    running.before = lose
    with running():
        until(lambda: world.crm.outbox)
    assert len(running.turns) >= 2
    assert world.crm.writes == 1


def test_a_lost_turn_in_the_middle_of_a_slice_is_no_defect_of_an_event(world: World) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    running = Running(world)
    world.crm.on("read_persons", fail=StorageUnavailable("gone"))
    with running():
        until(lambda: world.crm.outbox)
    assert [one.attempts for one in world.events("done")] == [0]


def test_a_tenant_whose_turn_can_t_be_taken_ends_nothing(make: Callable[[], World]) -> None:
    one, other = make(), make()
    for world in (one, other):
        world.crm.add(1)
        world.deliver("person.created", 1)
    running = Running(one, other)
    real = running.worker._take

    def refuse(tenant_id: TenantId) -> Turn | None:
        if tenant_id == one.tenant_id:
            raise RuntimeError("a defect")
        return real(tenant_id)

    running.worker._take = refuse
    with running():
        until(lambda: other.crm.outbox)
    assert not one.crm.outbox


def test_a_tenant_in_another_s_turn_is_left_alone(world: World) -> None:
    running = Running(world)
    with world.turn():
        running.worker._turn(world.tenant_id, threading.Event())
    assert not running.turns


def test_nonsense_about_the_whole_slice_is_worked_event_by_event(world: World) -> None:
    world.crm.add(1)
    world.crm.add(2)
    world.deliver_all("person.created", (1, 2))
    world.crm.on("read_persons", fail=failure(Retry, Fault.PROTOCOL))
    with Running(world)():
        until(lambda: len(world.crm.outbox) == 2)
    assert world.crm.count("read_persons") == 3


@pytest.mark.row("F53")
def test_a_defect_in_a_slice_is_worked_event_by_event(world: World) -> None:
    world.crm.add(1)
    world.crm.add(2)
    world.deliver_all("person.created", (1, 2))
    world.crm.on("read_persons", times=2, fail=RuntimeError("a defect"))
    with Running(world)():
        until(lambda: world.crm.outbox)
    assert [one.attempts for one in world.events("open")] == [1]


def test_an_unreachable_database_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    tries = []

    def connecting(dsn: str, *, application_name: str) -> object:
        tries.append(application_name)
        if len(tries) == 1:
            raise StorageUnavailable("not yet")
        return connect(dsn, application_name=application_name)

    monkeypatch.setattr(working, "connect", connecting)
    with Running(world)():
        until(lambda: world.crm.outbox)
    assert len(tries) == 2


@pytest.mark.row("F16")
def test_a_burst_lets_another_tenant_in(make: Callable[[], World], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "FAIR_SHARE", 0.2)
    busy, single = make(), make()
    people = [busy.crm.add(one, "CARD") for one in range(1, 101)]
    busy.deliver_all("person.created", people)
    busy.crm.on("send_notice", times=1000, after=lambda: time.sleep(0.02))
    single.crm.add(1)
    running = Running(busy, single, threads=1)
    with running():
        until(lambda: busy.crm.outbox)
        single.deliver("person.created", 1)
        until(lambda: single.crm.outbox)
        assert len(busy.crm.outbox) < 100
        until(lambda: len(busy.crm.outbox) == 100)
    assert busy.crm.writes == 100


def test_telling_it_to_stop_ends_the_turn_at_its_next_mail(world: World) -> None:
    people = [world.crm.add(one, "CARD") for one in range(1, 41)]
    world.deliver_all("person.created", people)
    running = Running(world)
    world.crm.on("send_notice", nth=3, after=running.stop.set)
    with running():
        until(running.stop.is_set)
    assert len(world.crm.outbox) == 3
    again = Running(world)
    with again():
        until(lambda: len(world.crm.outbox) == 40)
    assert world.crm.writes == 40


def test_two_workers_do_nothing_twice(make: Callable[[], World]) -> None:
    worlds = [make() for _ in range(3)]
    for world in worlds:
        people = [world.crm.add(one, "CARD") for one in range(1, 31)]
        for _ in range(2):
            world.deliver_all("person.created", people)
    with Running(*worlds)(), Running(*worlds)():
        until(lambda: not any(world.events("open") for world in worlds))
    for world in worlds:
        assert world.crm.writes == 30
        assert len(world.crm.outbox) == 30
