"""A run that writes in bulk: the same plan, the same walls, the same end, in a fraction of the calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from so_privacy_ext.errors import Fault, NeedsHuman, Park, Retry
from so_privacy_ext.model import STORE
from so_privacy_ext.ports import MassWriter
from so_privacy_ext.processing.drain import ECHO_WAIT
from so_privacy_ext.runs import RunState
from tests.unit.processing import runs
from tests.unit.processing.fake_crm import HUMAN, failure
from tests.unit.processing.fake_mass import FakeMass
from tests.unit.processing.runs import AT_ONCE, old
from tests.unit.processing.world import World, drain_all

IN_BULK = replace(AT_ONCE, mass=True, pilot=4, size=100)


def apply(world: World, persons: list[int], mass: MassWriter | None) -> int:
    run_id = runs.plan(world, persons)
    runs.start(world, run_id, IN_BULK)
    runs.work_once(world, mass)
    return run_id


def test_a_whole_wave_is_written_at_once(world: World) -> None:
    persons = [old(world) for _ in range(30)]
    mass = FakeMass(world.crm)
    run_id = apply(world, persons, mass)

    run, tally = runs.shown(world, run_id), runs.tally(world, run_id)
    assert (run.state, tally.done, run.waves.mass) == (RunState.DONE, 30, True)
    assert [len(one) for one in mass.calls] == [8, 52]  # a pilot of four, and two rows each
    assert (world.crm.writes, world.crm.outbox) == (0, [])
    for one in persons:
        assert (world.crm.store(one), world.crm.rows[one]["ACCOUNTING"].basis) == (("61F", "ERP"), "61C")
        assert world.last_decision(one)["result"] == "effect"


def test_it_is_taken_back_like_any_other(world: World) -> None:
    persons = [old(world) for _ in range(5)]
    before = {one: runs.consents(world, one) for one in persons}
    run_id = apply(world, persons, FakeMass(world.crm))
    runs.undo(world, run_id)

    stands = {one: runs.consents(world, one) for one in persons}
    assert all(stands[one][STORE] == before[one][STORE] for one in persons)


def test_a_tenant_that_has_opted_out_meanwhile_is_written_to_one_by_one(world: World) -> None:
    persons = [old(world) for _ in range(5)]
    run_id = apply(world, persons, None)

    assert (runs.shown(world, run_id).state, world.crm.writes) == (RunState.DONE, 10)


def test_who_changes_in_between_keeps_her_choice(world: World) -> None:
    persons = [old(world) for _ in range(4)]
    mass = FakeMass(world.crm)

    def meanwhile() -> None:
        world.crm.withdraw(persons[0], "ACCOUNTING")
        world.crm.write_row(persons[1], STORE, "61A", "USER", by=HUMAN)

    mass.before = meanwhile
    run_id = apply(world, persons, mass)

    assert world.crm.rows[persons[0]]["ACCOUNTING"].basis == "WITHDRAWN"
    assert world.crm.store(persons[1]) == ("61A", "USER")
    assert runs.shown(world, run_id).state is RunState.DONE


@pytest.mark.parametrize(
    "why",
    [
        failure(Park, Fault.TENANT_STATE),
        failure(NeedsHuman, Fault.VALIDATION),
        failure(Retry, Fault.TRANSPORT),
    ],
)
def test_half_of_it_is_gone_on_with(world: World, why: Park | NeedsHuman | Retry) -> None:
    persons = [old(world) for _ in range(4)]
    mass = FakeMass(world.crm, refuse=[why], written=3)
    run_id = runs.plan(world, persons)
    runs.start(world, run_id, IN_BULK)
    try:
        runs.work_once(world, mass)
    except Park:
        runs.work_once(world, mass)

    assert (runs.shown(world, run_id).state, runs.tally(world, run_id).done) == (RunState.DONE, 4)
    assert {world.crm.rows[one][STORE].updated_count for one in persons} == {1}
    assert [row["result"] for row in world.rows("effect")] == ["written"] * 8


def drained(world: World, mass: MassWriter | None) -> dict[str, str | None]:
    """Drain until nothing is due; give the open events, with why they wait."""
    with world.turn() as turn:
        drain_all(replace(world.work(turn), mass=mass))
    return {one.event_id: one.reason for one in world.events("open")}


@pytest.mark.parametrize("end", ["stop", "finish"])
def test_what_its_writes_come_back_as_waits_until_it_is_through(world: World, end: str) -> None:
    persons, own = [old(world) for _ in range(4)], world.crm.own
    run_id = runs.plan(world, persons)
    runs.start(world, run_id, IN_BULK)
    echo = world.deliver("person.consented", persons[0], by=own)
    world.deliver("person.consented", persons[1], by=HUMAN)
    world.deliver("person.changed", persons[2], by=own)
    assert drained(world, FakeMass(world.crm)) == {echo: "run_awaited"}
    assert [one["attempts"] for one in world.rows("inbox") if one["event_id"] == echo] == [0]

    world.advance(seconds=ECHO_WAIT + 1)
    assert drained(world, FakeMass(world.crm)) == {echo: "run_awaited"}
    ends = {"stop": lambda runs: runs.stop(run_id, "test"), "finish": lambda runs: runs.finish(run_id)}
    with world.turn() as turn:
        ends[end](turn.runs)
    assert drained(world, FakeMass(world.crm)) == {}


def test_nothing_waits_for_a_run_that_writes_one_by_one(world: World) -> None:
    person, own = old(world), world.crm.own
    run_id = runs.plan(world, [person])
    runs.start(world, run_id, replace(IN_BULK, mass=False))
    for mass in (None, FakeMass(world.crm)):
        world.deliver("person.consented", person, by=own)
        assert drained(world, mass) == {}
    with world.turn() as turn:
        work = world.work(turn)
        nobody = replace(work, tenant=replace(work.tenant, own_associate_id=None), mass=FakeMass(world.crm))
        world.deliver("person.consented", person, by=own)
        drain_all(nobody)
    assert not world.events("open")


class Killed(BaseException):
    """Ends a process where it stands."""


@pytest.mark.parametrize("written", [0, 3, 8])
def test_killed_between_the_writing_and_the_reading_back_nothing_is_written_twice(
    world: World, written: int
) -> None:
    persons = [old(world) for _ in range(4)]

    class Dying(FakeMass):
        def write(self, intents):  # type: ignore[no-untyped-def]  # as the port has it
            super().write(intents[:written])
            raise Killed

    run_id = runs.plan(world, persons)
    runs.start(world, run_id, IN_BULK)
    with pytest.raises(Killed):
        runs.work_once(world, Dying(world.crm))
    runs.work_once(world, FakeMass(world.crm))

    assert (runs.shown(world, run_id).state, runs.tally(world, run_id).done) == (RunState.DONE, 4)
    assert {world.crm.rows[one][STORE].updated_count for one in persons} == {1}
    assert {world.crm.rows[one]["ACCOUNTING"].updated_count for one in persons} == {0}
