"""The worker on real storage: whose turn ends when, and what becomes of a tenant that fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from so_privacy_ext import worker
from so_privacy_ext.errors import Fault, Park, Retry
from so_privacy_ext.model import TenantId
from so_privacy_ext.processing.work import Work
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.storage.turns import Turn, take
from so_privacy_ext.worker import Worker
from tests.unit.processing.world import KEY, World, make_world

MakeWork = Callable[[Turn, Callable[[], bool]], Work | None]


@pytest.fixture
def store(dsn: str) -> Iterator[ReceivingStore]:
    store = ReceivingStore(dsn, KEY)
    yield store
    store.close()


@pytest.fixture
def make(dsn: str, store: ReceivingStore) -> Callable[[], World]:
    return lambda: make_world(dsn, store)


@contextmanager
def at_work(dsn: str, make_work: MakeWork, *, threads: int = 1) -> Iterator[None]:
    stop = threading.Event()
    one = Worker(dsn, lambda tenant_id: take(dsn, tenant_id, KEY), make_work, threads=threads)
    running = threading.Thread(target=one.run, args=(stop,))
    running.start()
    try:
        yield
    finally:
        stop.set()
        running.join()


def of(*worlds: World) -> MakeWork:
    by_tenant = {one.tenant_id: one for one in worlds}

    def make_work(turn: Turn, must_yield: Callable[[], bool]) -> Work:
        return by_tenant[turn.tenant.tenant_id].work(turn, must_yield=must_yield)

    return make_work


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def summary(dsn: str, tenant_id: TenantId) -> TenantSummary:
    with connect(dsn, application_name="test") as connection:
        return next(one for one in tenants.listed(connection) if one.tenant_id == tenant_id)


def enter(world: World, *person_ids: int) -> None:
    for one in person_ids:
        world.crm.add(one)
    world.deliver_all("person.created", person_ids)


def test_who_stands_in_line_gets_the_turn_in_the_middle_of_a_burst(
    dsn: str, make: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An administrator must be able to stop a wrong manifest while it is at work."""
    monkeypatch.setattr(worker, "FAIR_SHARE", 0.2)
    world = make()
    enter(world, *range(1, 201))
    world.crm.on("set_consent", times=10_000, after=lambda: time.sleep(0.02))
    with at_work(dsn, of(world)):
        until(lambda: world.crm.writes)
        turn = take(dsn, world.tenant_id, KEY, wait=10)
        assert turn is not None
        with turn:
            assert 0 < world.crm.writes < 200
        world.crm.scripts.clear()
        until(lambda: not world.events("open"))
    assert world.crm.writes == 200


def test_a_burst_lets_another_tenant_pass(
    dsn: str, make: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "FAIR_SHARE", 0.2)
    noisy, quiet = make(), make()
    enter(noisy, *range(1, 201))
    noisy.crm.on("set_consent", times=10_000, after=lambda: time.sleep(0.02))
    with at_work(dsn, of(noisy, quiet)):
        until(lambda: noisy.crm.writes)
        enter(quiet, 1)
        until(lambda: quiet.crm.outbox)
        assert noisy.crm.writes < 200


@pytest.mark.row("F53")
def test_a_tenant_whose_turns_always_fail_is_parked_and_stops_nobody(
    dsn: str, make: Callable[[], World]
) -> None:
    broken, sound = make(), make()
    enter(broken, 1)
    make_work = of(sound)  # knows nothing of the broken one

    with at_work(dsn, make_work):
        until(lambda: summary(dsn, broken.tenant_id).parked_reason == "KeyError")
        enter(sound, 1)
        until(lambda: sound.crm.outbox)
    assert summary(dsn, broken.tenant_id).open == 1


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (Park(Fault.TENANT_STATE, "State", wait=60.0), 60.0),
        (Park(Fault.AUTHORIZATION_LOST, "Authenticate"), 900.0),
        (Retry(Fault.THROTTLED, "SetConsent", wait=30.0), 30.0),
        (Retry(Fault.TRANSPORT, "SetConsent"), 5.0),
        (Retry(Fault.THROTTLED, "SetConsent", wait=0.0), 1.0),
    ],
)
def test_a_failure_parks_for_as_long_as_it_says_and_the_tenant_resumes(
    dsn: str, make: Callable[[], World], failure: Exception, seconds: float
) -> None:
    world = make()
    enter(world, 1)
    world.crm.on("read_persons", fail=failure)
    with at_work(dsn, of(world)):
        until(lambda: world.crm.count("read_persons"))
        with take_free(dsn, world.tenant_id) as turn:
            (row,) = turn.session.rows(
                b"""SELECT parked_reason, extract(epoch FROM parked_until - so_now())::float8 AS left
                FROM tenant"""
            )
            assert seconds - 5 < row["left"] <= seconds * 1.2
            assert row["parked_reason"] == str(getattr(failure, "fault", ""))
            turn.park("soon", 0.05)
        until(lambda: world.crm.outbox)
    assert not world.events("open")


@contextmanager
def take_free(dsn: str, tenant_id: TenantId) -> Iterator[Turn]:
    turn = take(dsn, tenant_id, KEY, wait=10)
    assert turn is not None
    with turn:
        yield turn


def test_without_a_manifest_events_wait_and_its_activation_wakes_them(
    dsn: str, make: Callable[[], World]
) -> None:
    world = make()
    enter(world, 1)
    active: list[bool] = []

    def make_work(turn: Turn, must_yield: Callable[[], bool]) -> Work | None:
        return world.work(turn, must_yield=must_yield) if active else None

    with at_work(dsn, make_work):
        until(lambda: summary(dsn, world.tenant_id).parked_reason == "no_manifest")
        active.append(True)
        with take_free(dsn, world.tenant_id) as turn:
            turn.unpark()
            turn.wake()
        until(lambda: world.crm.outbox)


@pytest.mark.row("F53")
def test_one_person_s_defect_is_put_off_and_the_others_go_on(dsn: str, make: Callable[[], World]) -> None:
    world = make()
    enter(world, 1, 2, 3)
    broken = world.crm.persons[world.crm.add(2)]
    object.__setattr__(broken, "registered", None)  # a defect of ours that nobody foresaw
    with at_work(dsn, of(world)):
        until(lambda: {mail.person_id for mail in world.crm.outbox} == {1, 3})
        until(lambda: [one.reason for one in world.events("open")] == ["TypeError"])
    assert summary(dsn, world.tenant_id).parked_reason is None
