"""A run yields, parts with who is gone, and leaves whom somebody touches at the last moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from so_privacy_ext.errors import Applied, Fault, NeedsHuman, Park
from so_privacy_ext.model import STORE, Epoch
from so_privacy_ext.processing.running import work_on
from so_privacy_ext.runs import RunState, Skip, Stop, Waves
from so_privacy_ext.storage import run_register
from so_privacy_ext.storage.session import open_session
from tests.unit.processing import runs
from tests.unit.processing.fake_crm import HUMAN, failure
from tests.unit.processing.runs import consents, old
from tests.unit.processing.world import World, with_tenant


def carded(world: World) -> int:
    return old(world, "CARD")


def lost(fault: Fault = Fault.TENANT_STATE) -> Park:
    return Park(fault, "SetConsent", applied=Applied.NO)


def planned_undo(world: World, run_id: int) -> int:
    with open_session(world.dsn, world.tenant_id) as session:
        undo_id = run_register.add_undo(session, run_id, who="anna", withdraw_new=False)
    runs.start(world, undo_id)
    return undo_id


def test_it_yields_after_each_step_and_comes_to_the_same_end(world: World) -> None:
    run_id = runs.plan(world, [carded(world) for _ in range(3)])
    runs.start(world, run_id)
    steps = 0
    while runs.shown(world, run_id).under_way:
        with world.turn() as turn:
            work_on(world.work(turn, must_yield=lambda: True), turn.runs)
        steps += 1
    assert (runs.tally(world, run_id).done, steps) == (3, 5)  # compared, all compared, wave, persons, end


def test_a_run_of_another_epoch_stops_before_anything(world: World) -> None:
    run_id = runs.plan(world, [carded(world)])
    runs.start(world, run_id)
    with world.turn() as turn:
        work_on(with_tenant(world.work(turn), epoch=Epoch(2)), turn.runs)
    assert (runs.shown(world, run_id).reason, world.crm.writes) == (Stop.RESTORED, 0)


def test_who_stops_it_first_is_named(world: World) -> None:
    run_id = runs.plan(world, [carded(world)])
    runs.start(world, run_id)

    def both() -> None:
        world.crm.forget_lists()
        world.crm.listing = runs.other_lists(world)
        with open_session(world.dsn, world.tenant_id) as session:
            run_register.stop(session, run_id)

    world.crm.on("read_persons", before=both)
    runs.work_once(world)
    assert runs.shown(world, run_id).reason == Stop.BY_HAND
    assert world.journal("run_stopped") == []


def test_who_has_all_that_is_wanted_is_told_all_the_same(world: World) -> None:
    person = carded(world)
    runs.apply(world, [person])
    run_id = runs.apply(world, [person], tell=True)
    assert [one.person_id for one in world.crm.outbox] == [person]
    kept = {one["run_id"]: one["before"] for one in world.rows("run_person")}
    assert kept[run_id] == {}
    assert runs.tally(world, runs.undo(world, run_id)).persons == 0


def test_who_was_deleted_and_brought_back_in_between_is_another_case(world: World) -> None:
    persons = [carded(world), carded(world)]
    run_id = runs.plan(world, persons)
    world.crm.soft_delete(persons[0])
    world.deliver("person.softdeleted", persons[0])
    world.drain()
    world.crm.undelete(persons[0])
    runs.start(world, run_id, skip_changed=True)
    runs.work_once(world)
    assert runs.people(world, run_id)[persons[0]].reason == Skip.CHANGED_SINCE
    assert world.crm.store(persons[0])[0] == "61B"


@pytest.mark.parametrize("undoing", [False, True])
def test_who_is_gone_when_a_run_goes_on_is_parted_with(world: World, undoing: bool) -> None:
    person = carded(world)
    run_id = runs.apply(world, [person]) if undoing else runs.plan(world, [person])
    run_id = planned_undo(world, run_id) if undoing else run_id
    if not undoing:
        runs.start(world, run_id)
    world.crm.on("set_consent", fail=lost())
    with pytest.raises(Park):
        runs.work_once(world)
    world.crm.soft_delete(person)
    runs.work_once(world)
    assert runs.people(world, run_id)[person].reason == Skip.GONE
    assert world.decisions(person)[0].result == "gone"


def test_a_no_of_whom_the_plan_is_forgotten_counts(world: World) -> None:
    persons = [carded(world) for _ in range(2)]
    run_id = runs.apply(world, persons, Waves(pilot=1, wait=60.0), tell=True)
    world.crm.soft_delete(persons[0])
    world.deliver("person.softdeleted", persons[0])
    world.drain()
    world.crm.undelete(persons[0])
    world.crm.withdraw(persons[0], "NEWSLETTER")
    world.advance(seconds=61)
    runs.work_once(world)
    assert runs.shown(world, run_id).reason == Stop.REFUSALS


def human(world: World, person: int) -> None:
    world.crm.write_row(person, STORE, "61C", "USER", by=HUMAN)


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [(human, Skip.CHANGED_SINCE), (lambda world, person: world.crm.soft_delete(person), Skip.GONE)],
)
def test_what_happens_between_the_look_and_the_undo_is_seen(
    world: World, meanwhile: Callable[[World, int], None], reason: Skip
) -> None:
    person = carded(world)
    undo_id = planned_undo(world, runs.apply(world, [person]))
    world.crm.on("read_persons", nth=2, before=partial(meanwhile, world, person))
    runs.work_once(world)
    assert runs.people(world, undo_id)[person].reason == reason
    assert world.rows("taken_back") == []


def test_a_human_who_writes_right_after_the_undo_stands(world: World) -> None:
    person = carded(world)
    undo_id = planned_undo(world, runs.apply(world, [person]))
    world.crm.on("set_consent", after=partial(human, world, person))
    runs.work_once(world)
    assert runs.people(world, undo_id)[person].reason == Skip.CHANGED_SINCE
    assert consents(world, person)[STORE] == ("61C", "USER", "")


def test_an_undo_that_the_crm_refuses_leaves_what_stands_and_is_no_hold(world: World) -> None:
    person = carded(world)
    undo_id = planned_undo(world, runs.apply(world, [person]))
    world.crm.on("set_consent", fail=NeedsHuman(Fault.VALIDATION, "SetConsent"))
    runs.work_once(world)
    found = runs.people(world, undo_id)[person]
    assert (found.state, found.reason) == ("failed", "refused_validation")
    assert (world.crm.store(person)[0], world.rows("taken_back")) == ("61F", [])


def test_who_goes_while_it_is_written_is_gone(world: World) -> None:
    person = carded(world)
    undo_id = planned_undo(world, runs.apply(world, [person]))
    world.crm.on("set_consent", before=lambda: world.crm.soft_delete(person))
    runs.work_once(world)
    assert runs.people(world, undo_id)[person].reason == Skip.GONE


def test_an_undo_that_was_interrupted_leaves_who_was_touched_meanwhile(world: World) -> None:
    person = carded(world)
    undo_id = planned_undo(world, runs.apply(world, [person]))
    world.crm.on("set_consent", fail=lost())
    with pytest.raises(Park):
        runs.work_once(world)
    human(world, person)
    runs.work_once(world)
    found = runs.people(world, undo_id)[person]
    assert (found.state, found.reason) == ("skipped", Skip.CHANGED_SINCE)
    assert world.crm.store(person) == ("61C", "USER")
    assert runs.shown(world, undo_id).state is RunState.DONE


def test_an_interrupted_undo_stops_at_a_no_to_all(world: World) -> None:
    person = old(world, "ERP")
    run_id = runs.apply(world, [person])
    with open_session(world.dsn, world.tenant_id) as session:
        undo_id = run_register.add_undo(session, run_id, who="anna", withdraw_new=True)
    runs.start(world, undo_id)
    world.crm.on("set_consent", fail=lost())
    with pytest.raises(Park):
        runs.work_once(world)
    world.crm.withdraw(person)
    runs.work_once(world)
    assert runs.people(world, undo_id)[person].reason in {Skip.WITHDRAWN, Skip.CHANGED_SINCE}
    assert world.crm.rows[person]["ACCOUNTING"].basis == "61C"


def test_a_no_that_the_crm_has_forgotten_holds_for_an_undo_too(world: World) -> None:
    person = carded(world)
    run_id = runs.apply(world, [person])
    with world.turn() as turn:
        turn.ledgers.reviews.open(runs.number(person), "merged", STORE, {})
    assert runs.tally(world, runs.undo(world, run_id)).skipped == {Skip.WITHDRAWN: 1}


def test_what_was_never_applied_needs_no_undo(world: World) -> None:
    person = carded(world)
    run_id = runs.plan(world, [person])
    runs.start(world, run_id)
    world.crm.on("set_consent", times=1, fail=failure(Park, Fault.TENANT_STATE, applied=Applied.NO))
    with pytest.raises(Park):
        runs.work_once(world)
    with open_session(world.dsn, world.tenant_id) as session:
        run_register.stop(session, run_id)
    undo_id = runs.undo(world, run_id)
    assert runs.tally(world, undo_id).skipped == {Skip.NOTHING_WRITTEN: 1}
    assert world.crm.store(person)[0] == "61B"


def test_who_was_deleted_since_the_plan_is_a_change_too(world: World) -> None:
    persons = [carded(world), carded(world)]
    run_id = runs.plan(world, persons)
    world.crm.soft_delete(persons[0])
    runs.start(world, run_id)
    runs.work_once(world)
    assert (runs.shown(world, run_id).reason, world.crm.writes) == (Stop.CHANGED_SINCE, 0)
    assert runs.tally(world, run_id).skipped == {Skip.GONE: 1}


def test_who_goes_while_a_plan_is_applied_to_her_is_gone(world: World) -> None:
    person = carded(world)
    world.crm.on("set_consent", before=lambda: world.crm.soft_delete(person))
    run_id = runs.apply(world, [person])
    assert runs.tally(world, run_id).skipped == {Skip.GONE: 1}


def test_a_no_to_one_purpose_stands(world: World) -> None:
    person = old(world, "ERP")
    run_id = runs.apply(world, [person])
    world.crm.withdraw(person, "ACCOUNTING")
    assert runs.tally(world, runs.undo(world, run_id)).skipped == {Skip.WITHDRAWN: 1}
    assert world.crm.store(person)[0] == "61F"


def test_a_brake_holds_where_no_wave_waits(world: World) -> None:
    persons = [carded(world) for _ in range(2)]
    run_id = runs.plan(world, persons, tell=True)
    runs.start(world, run_id, Waves(pilot=1, wait=0.0))
    world.crm.on("send_notice", after=lambda: world.crm.withdraw(persons[0], "NEWSLETTER"))
    runs.work_once(world)
    assert runs.shown(world, run_id).reason == Stop.REFUSALS
    assert len(world.crm.outbox) == 1
