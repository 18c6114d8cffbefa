"""A plan is applied: exactly what it says, on the path of an event, and to nobody who has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from so_privacy_ext.errors import Fault, NeedsHuman, Park, Refused, Retry
from so_privacy_ext.model import STORE
from so_privacy_ext.runs import RunState, Skip, Stop
from so_privacy_ext.storage import run_register
from so_privacy_ext.storage.epochs import EpochBook
from so_privacy_ext.storage.session import open_session
from tests.unit.processing import runs
from tests.unit.processing.fake_crm import HUMAN
from tests.unit.processing.runs import old
from tests.unit.processing.world import NORDIC, World


def test_a_plan_is_applied_as_an_event_would_be(world: World) -> None:
    persons = [old(world) for _ in range(3)]
    run_id = runs.apply(world, persons)
    run, tally = runs.shown(world, run_id), runs.tally(world, run_id)
    assert (run.state, tally.done, tally.open, tally.mailed) == (RunState.DONE, 3, 0, 0)
    for one in persons:
        assert world.crm.store(one) == ("61F", "ERP")
        row = world.crm.rows[one]["ACCOUNTING"]
        assert (row.basis, row.source) == ("61C", "ERP")
        assert row.comment == f"so-privacy erp {run.manifest[:12]}"
        entry = world.last_decision(one)
        assert [each["result"] for each in entry["decisions"]][:2] == ["written", "written"]
        assert (entry["result"], entry["mail"], entry["inbox_ids"]) == ("effect", "before_start", [])
    assert world.crm.outbox == []
    assert [one.kind for one in world.journal() if one.person_id is None][-1] == "run_done"


def test_applied_again_it_writes_nothing(world: World) -> None:
    persons = [old(world) for _ in range(2)]
    runs.apply(world, persons)
    writes = world.crm.writes
    again = runs.apply(world, persons)
    assert world.crm.writes == writes
    assert (runs.shown(world, again).state, runs.tally(world, again).persons) == (RunState.DONE, 0)


def test_whoever_changed_since_the_plan_stops_it_before_anything_is_written(world: World) -> None:
    persons = [old(world) for _ in range(3)]
    run_id = runs.plan(world, persons)
    world.crm.write_row(persons[1], "NEWSLETTER", "61A", "USER", by=HUMAN)
    runs.start(world, run_id)
    runs.work_once(world)
    run = runs.shown(world, run_id)
    assert (run.state, run.reason, world.crm.writes) == (RunState.STOPPED, Stop.CHANGED_SINCE, 0)
    assert set(runs.people(world, run_id, state="skipped")) == {persons[1]}
    with pytest.raises(Refused, match=f"changed_since: .*: {persons[1]}"):
        runs.start(world, run_id)
    runs.start(world, run_id, skip_changed=True)
    runs.work_once(world)
    assert runs.shown(world, run_id).state is RunState.DONE
    assert world.crm.store(persons[1])[0] == "61B"
    assert {world.crm.store(one)[0] for one in (persons[0], persons[2])} == {"61F"}


@pytest.mark.parametrize("change", ["column", "consent", "rewritten", "gone", "address"])
def test_a_person_who_changes_during_the_run_is_skipped(world: World, change: str) -> None:
    persons = [old(world) for _ in range(2)]
    run_id = runs.plan(world, persons)
    runs.start(world, run_id)
    one = persons[1]

    def meanwhile() -> None:
        if change == "column":
            world.crm.change(one, position_id=3)
        elif change == "consent":
            world.crm.write_row(one, STORE, "61A", "USER", by=HUMAN)
        elif change == "rewritten":
            world.crm.write_row(one, STORE, "61B", "ERP", by=HUMAN)
        elif change == "address":
            world.crm.change(one, last_email_id=7)
        else:
            world.crm.soft_delete(one)

    world.crm.on("read_persons", before=meanwhile)
    runs.work_once(world)
    assert runs.shown(world, run_id).state is RunState.DONE
    reason = Skip.GONE if change == "gone" else Skip.CHANGED_SINCE
    assert runs.people(world, run_id, state="skipped")[one].reason == reason
    assert world.crm.store(persons[0]) == ("61F", "ERP")
    assert world.crm.store(one)[0] == ("61A" if change == "consent" else "61B")


def test_whom_the_crm_refuses_is_failed_and_the_others_go_on(world: World) -> None:
    persons = [old(world, "CARD") for _ in range(3)]
    run_id = runs.plan(world, persons)
    runs.start(world, run_id)
    world.crm.on("set_consent", fail=NeedsHuman(Fault.VALIDATION, "SetConsent"))
    runs.work_once(world)
    found = runs.people(world, run_id, state="failed")
    assert {one.reason for one in found.values()} == {"refused_validation"}
    assert len(found) == 1
    assert runs.tally(world, run_id).done == 2
    assert world.reviews(next(iter(found))) == [(next(iter(found)), "failed", STORE)]


def test_a_failure_of_one_person_is_tried_three_times_and_left_to_a_human(world: World) -> None:
    persons = [old(world, "CARD") for _ in range(2)]
    run_id = runs.plan(world, persons)
    runs.start(world, run_id)
    world.crm.on("set_consent", times=9, fail=Retry(Fault.PROTOCOL, "SetConsent"))
    for _ in range(3):
        assert runs.shown(world, run_id).under_way
        runs.work_once(world)
        world.advance(minutes=3)
    run, tally = runs.shown(world, run_id), runs.tally(world, run_id)
    assert (run.state, tally.failed) == (RunState.DONE, {"protocol": 2})
    assert [one.result for person in persons for one in world.decisions(person)] == ["given_up"] * 2
    assert {kind for _, kind, _ in world.reviews()} == {"failed"}


def test_what_would_hit_everybody_stops_the_turn_and_the_run_goes_on_later(world: World) -> None:
    persons = [old(world, "CARD") for _ in range(3)]
    run_id = runs.plan(world, persons)
    runs.start(world, run_id)
    world.crm.on("set_consent", nth=2, fail=Retry(Fault.TRANSPORT, "SetConsent", wait=5.0))
    with pytest.raises(Retry):
        runs.work_once(world)
    assert runs.shown(world, run_id).state is RunState.RUNNING
    seconds = runs.work_once(world)
    assert seconds is not None
    assert 1 <= seconds <= 5
    assert runs.work_once(world) is not None  # the one who failed is waited for
    assert runs.tally(world, run_id).done == 2
    world.advance(seconds=6)
    runs.work_once(world)
    assert runs.tally(world, run_id).done == 3
    assert world.crm.writes == 4  # the one whose reply never came was asked for again


@pytest.mark.parametrize("reason", [Stop.MANIFEST_REPLACED, Stop.LISTS_CHANGED])
def test_a_run_stops_when_what_it_was_planned_by_is_another(world: World, reason: Stop) -> None:
    persons = [old(world) for _ in range(2)]
    run_id = runs.plan(world, persons)
    runs.start(world, run_id)
    if reason is Stop.MANIFEST_REPLACED:
        world.activate(NORDIC.read_bytes() + b"\n# another version\n")
    else:
        world.crm.listing = replace(world.crm.listing, default_basis="61F")
        world.crm.forget_lists()
    runs.work_once(world)
    run = runs.shown(world, run_id)
    assert (run.state, run.reason, world.crm.writes) == (RunState.STOPPED, reason, 0)
    assert world.journal("run_stopped")[-1].content["reason"] == reason


def test_lists_that_change_during_a_run_stop_it(world: World) -> None:
    persons = [old(world) for _ in range(2)]
    run_id = runs.plan(world, persons)
    runs.start(world, run_id)

    def change() -> None:
        world.crm.listing = replace(world.crm.listing, default_basis="61F")
        world.crm.forget_lists()

    world.crm.on("read_persons", before=change)
    runs.work_once(world)
    assert (runs.shown(world, run_id).reason, world.crm.writes) == (Stop.LISTS_CHANGED, 0)


def test_a_run_of_another_epoch_is_over(world: World) -> None:
    run_id, other = (runs.plan(world, [old(world)]) for _ in range(2))
    runs.start(world, run_id)
    with world.turn() as turn:
        EpochBook(turn.session, turn.tenant.epoch).begin()
    for one in (run_id, other):
        run = runs.shown(world, one)
        assert (run.state, run.reason) == (RunState.STOPPED, Stop.RESTORED)
    with pytest.raises(Refused, match="run_over"):
        runs.start(world, run_id)
    assert runs.work_once(world) is None


def test_only_one_run_is_under_way(world: World) -> None:
    first, second = (runs.plan(world, [old(world)]) for _ in range(2))
    runs.start(world, first)
    with pytest.raises(Refused, match=f"run_under_way: run {first}"):
        runs.start(world, second)
    with pytest.raises(Refused, match="not_startable"):
        runs.start(world, first)


def test_anybody_may_stop_a_run_between_two_chunks(world: World) -> None:
    persons = [old(world, "CARD") for _ in range(25)]
    run_id = runs.plan(world, persons)
    runs.start(world, run_id)

    def stop() -> None:
        with open_session(world.dsn, world.tenant_id) as session:
            run_register.stop(session, run_id)

    world.crm.on("set_consent", nth=3, before=stop)
    assert runs.work_once(world) is None
    run, tally = runs.shown(world, run_id), runs.tally(world, run_id)
    assert (run.state, run.reason, tally.done, tally.open) == (RunState.STOPPED, Stop.BY_HAND, 20, 5)
    with pytest.raises(Refused, match="not_under_way"):
        stop()
    runs.start(world, run_id)
    runs.work_once(world)
    assert runs.tally(world, run_id).done == 25


def test_events_of_the_same_persons_do_no_harm(world: World) -> None:
    persons = [old(world) for _ in range(3)]
    run_id = runs.plan(world, persons)
    runs.start(world, run_id)
    world.crm.emit = world.deliver
    world.crm.on("set_consent", nth=2, fail=Park(Fault.TENANT_STATE, "SetConsent"), applied=True)
    with pytest.raises(Park):
        runs.work_once(world)
    world.drain()
    runs.work_once(world)
    world.drain()
    assert runs.tally(world, run_id).done == 3
    assert {world.crm.rows[one][key].updated_count for one in persons for key in (STORE,)} == {1}


def test_a_deleted_persons_run_forgets_what_stood(world: World) -> None:
    persons = [old(world) for _ in range(2)]
    run_id = runs.apply(world, persons)
    world.crm.soft_delete(persons[0])
    world.deliver("person.softdeleted", persons[0])
    world.drain()
    kept = {one["person_id"]: one for one in world.rows("run_person")}
    assert (kept[persons[0]]["planned"], kept[persons[0]]["before"]) == ({}, {})
    assert kept[persons[1]]["before"]
    undo_id = runs.undo(world, run_id)
    assert runs.tally(world, undo_id).skipped == {Skip.GONE: 1}
