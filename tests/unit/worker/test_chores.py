"""Periodic work: begun for every tenant, done after the events, and never in anybody's way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from so_privacy_ext import worker as working
from so_privacy_ext.errors import Fault, NeedsHuman, Park, Retry, StorageUnavailable
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.due import begin_periodic
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.worker import Chore, Worker
from tests.unit.processing.fake_crm import failure
from tests.unit.processing.world import World
from tests.unit.worker.test_worker import Running, parked, until


class Chores:
    """Chores that note when they were done."""

    def __init__(self, running: Running) -> None:
        self.done: list[str] = []
        self.fails: dict[str, list[Exception]] = {}
        self.chores = {kind: Chore(self._doing(kind), within=0.0) for kind in ("a", "b")}
        running.worker = Worker(running.dsn, running.take, running.make_work, threads=2, chores=self.chores)

    def _doing(self, kind: str) -> Callable[[Turn, Callable[[], bool]], float]:
        def do(turn: Turn, must_yield: Callable[[], bool]) -> float:
            self.done.append(kind)
            if self.fails.get(kind):
                raise self.fails[kind].pop(0)
            return 3600.0

        return do


@pytest.fixture
def running(world: World) -> Running:
    return Running(world)


@pytest.fixture
def chores(running: Running) -> Chores:
    return Chores(running)


def owed(world: World) -> dict[str, int]:
    """Give the minutes until each kind of work is due."""
    return {
        row["kind"]: round((row["at"] - world.clock.now()).total_seconds() / 60) for row in world.rows("due")
    }


def test_a_tenant_without_any_work_comes_to_owe_its_chores(
    world: World, running: Running, chores: Chores
) -> None:
    with running():
        until(lambda: len(owed(world)) == 2 and min(owed(world).values()) == 60)
    assert sorted(chores.done) == ["a", "b"]


def test_what_is_owed_already_is_not_begun_anew(world: World, running: Running, chores: Chores) -> None:
    with world.turn() as turn:
        turn.due("a", 600)
        begin_periodic(turn.connection, {"a": 0.0, "b": 0.0})
    assert owed(world) == {"a": 10, "b": 0}


def use(world: World, running: Running) -> None:
    with world.turn() as turn:
        turn.due("a", 0)
        turn.due("b", 0)
        running.worker._use(turn, threading.Event())


def test_events_come_first(world: World, running: Running, chores: Chores) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    seen: list[int] = []

    def look(turn: Turn, must_yield: Callable[[], bool]) -> float:
        seen.append(len(world.events("open")))
        return 60.0

    chores.chores["a"] = Chore(look, within=0.0)
    use(world, running)
    assert seen == [0]


def test_a_paused_tenant_owes_only_what_goes_on_while_it_is_paused(
    world: World, running: Running, chores: Chores
) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    chores.chores["b"] = replace(chores.chores["b"], while_paused=True)
    with world.turn() as turn:
        tenants.pause(turn.session)
    use(world, running)
    assert chores.done == ["b"]
    assert len(world.events("open")) == 1


def test_a_tenant_without_a_manifest_is_watched_all_the_same(
    world: World, running: Running, chores: Chores
) -> None:
    running.manifest = False
    use(world, running)
    assert chores.done == ["a", "b"]
    assert parked(world)[0] == "no_manifest"


@pytest.mark.parametrize(
    "fails",
    [
        RuntimeError("a defect"),
        failure(NeedsHuman, Fault.VALIDATION),
        failure(Retry, Fault.TRANSIENT),
    ],
)
def test_one_that_fails_alone_is_put_off_and_parks_nobody(
    world: World, running: Running, chores: Chores, fails: Exception
) -> None:
    chores.fails["a"] = [fails]
    use(world, running)
    assert chores.done == ["a", "b"]
    assert owed(world) == {"a": 1, "b": 60}
    assert parked(world) == (None, None)


@pytest.mark.parametrize(
    "fails", [failure(Park, Fault.TENANT_STATE), failure(Retry, Fault.THROTTLED, wait=30.0)]
)
def test_what_would_hit_every_call_parks_the_tenant_and_leaves_the_rest_due(
    world: World, running: Running, chores: Chores, fails: Exception
) -> None:
    chores.fails["a"] = [fails]
    use(world, running)
    assert chores.done == ["a"]
    assert owed(world) == {"a": 0, "b": 0}
    assert parked(world)[0] in {"tenant_state", "throttled"}


def test_a_lost_turn_is_no_failure_of_a_chore(world: World, running: Running, chores: Chores) -> None:
    chores.fails["a"] = [StorageUnavailable("the turn is lost")]
    with pytest.raises(StorageUnavailable):
        use(world, running)
    assert owed(world) == {"a": 0, "b": 0}


def test_whoever_waits_comes_before_the_next_chore(
    world: World, running: Running, chores: Chores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "FAIR_SHARE", 0.0)
    running.worker._others_wait = True
    use(world, running)
    assert chores.done == ["a"]
    assert owed(world) == {"a": 60, "b": 0}


@pytest.mark.row("F16")
def test_events_without_end_do_not_keep_a_tenant_from_its_chores(
    world: World, running: Running, chores: Chores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "FAIR_SHARE", 0.0)
    people = [world.crm.add(number) for number in range(1, 4)]
    world.deliver_all("person.created", people)
    # Each slice brings the next one, so that the inbox is never empty.
    world.crm.on("read_persons", times=1000, after=lambda: world.deliver_all("person.changed", people))
    use(world, running)
    assert chores.done == ["a", "b"]
    assert world.events("open")
