"""What a run wrote is taken back to the byte, but nothing that anybody has touched since."""

from dataclasses import replace
from datetime import timedelta

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import STORE, WITHDRAWN
from so_privacy_ext.runs import RunState, Skip, Stop
from so_privacy_ext.storage import run_register
from so_privacy_ext.storage.epochs import EpochBook
from so_privacy_ext.storage.purging import Periods, purge
from so_privacy_ext.storage.session import open_session
from tests.unit.processing import runs
from tests.unit.processing.fake_crm import HUMAN, IMPORTER
from tests.unit.processing.runs import consents, old
from tests.unit.processing.world import NORDIC, World

FREE_TEXT = "told us at the fair in Vejle ÆØÅ"


def carded(world: World) -> int:
    """Enter a person of whose rows a rule changes one and adds none."""
    return old(world, "CARD")


def test_consents_come_back_to_the_byte(world: World) -> None:
    by_default, imported = carded(world), carded(world)
    world.crm.write_row(imported, STORE, "61C", "CARD", by=IMPORTER, comment=FREE_TEXT)
    before = {one: consents(world, one) for one in (by_default, imported)}
    run_id = runs.apply(world, [by_default, imported])
    assert world.crm.store(imported) == ("61F", "CARD")
    undo_id = runs.undo(world, run_id)
    assert {one: consents(world, one) for one in (by_default, imported)} == before
    assert (runs.shown(world, undo_id).state, runs.tally(world, undo_id).done) == (RunState.DONE, 2)
    assert runs.shown(world, run_id).state is RunState.UNDONE
    entry = world.last_decision(imported)
    assert [(one["rule"], one["result"]) for one in entry["decisions"]] == [(f"undo-{run_id}", "written")]


def test_what_others_wrote_is_not_at_rest_in_the_clear(world: World) -> None:
    person = carded(world)
    world.crm.write_row(person, STORE, "61C", "CARD", by=IMPORTER, comment=FREE_TEXT)
    runs.apply(world, [person])
    assert "Vejle" not in str(
        [world.rows(table) for table in ("run_person", "effect", "journal", "decision")]
    )


def test_events_do_not_give_again_what_was_taken_back_and_a_plan_does(world: World) -> None:
    person = carded(world)
    run_id = runs.apply(world, [person])
    world.crm.emit = world.deliver
    runs.undo(world, run_id)
    world.deliver("person.changed", person)
    world.drain()
    assert world.crm.store(person)[0] == "61B"
    assert world.last_decision(person)["decisions"][0]["result"] == "taken_back"
    runs.apply(world, [person])
    assert world.crm.store(person)[0] == "61F"
    assert world.rows("taken_back") == []
    world.deliver("person.changed", person)
    world.drain()
    assert world.last_decision(person)["decisions"][0]["result"] == "already_right"


def test_another_version_of_the_manifest_decides_anew(world: World) -> None:
    person = carded(world)
    runs.undo(world, runs.apply(world, [person]))
    world.activate(NORDIC.read_bytes() + b"\n# another version\n")
    world.deliver("person.changed", person)
    world.drain()
    assert world.crm.store(person)[0] == "61F"


@pytest.mark.parametrize(
    ("touch", "reason"),
    [
        ("human", Skip.CHANGED_SINCE),
        ("same again", Skip.CHANGED_SINCE),
        ("integration", Skip.CHANGED_SINCE),
        ("withdrawn", Skip.WITHDRAWN),
        ("own yes", Skip.CHANGED_SINCE),
        ("decided", Skip.DECIDED_SINCE),
        ("gone", Skip.GONE),
        ("no row", Skip.CHANGED_SINCE),
    ],
)
def test_whoever_was_touched_since_is_left_as_she_is(world: World, touch: str, reason: Skip) -> None:
    person, other = carded(world), carded(world)
    run_id = runs.apply(world, [person, other])
    crm = world.crm
    if touch == "human":
        crm.write_row(person, STORE, "61C", "USER", by=HUMAN)
    elif touch == "same again":
        crm.write_row(person, STORE, "61F", "CARD", by=HUMAN)
    elif touch == "integration":
        crm.write_row(person, STORE, "61B", "CARD", by=IMPORTER)
    elif touch == "withdrawn":
        crm.withdraw(person)
    elif touch == "own yes":
        crm.write_row(person, STORE, "61A", "CUSTOMERPORTAL", by=HUMAN)
    elif touch == "decided":
        crm.write_row(person, STORE, "61C", "CARD", by=crm.own, comment="so-privacy other 0123456789ab")
    elif touch == "gone":
        crm.soft_delete(person)
    else:
        del crm.rows[person][STORE]
    stands = consents(world, person)
    undo_id = runs.undo(world, run_id)
    assert consents(world, person) == stands
    assert runs.people(world, undo_id, state="skipped")[person].reason == reason
    assert crm.store(other)[0] == "61B"


def test_who_has_said_no_to_all_keeps_what_stands(world: World) -> None:
    person = old(world)
    run_id = runs.apply(world, [person])
    world.crm.withdraw(person)
    undo_id = runs.undo(world, run_id, withdraw_new=True)
    assert runs.tally(world, undo_id).skipped == {Skip.WITHDRAWN: 1}
    assert world.crm.rows[person]["ACCOUNTING"].basis == "61C"


def test_a_row_that_was_not_there_stays_and_the_run_says_so(world: World) -> None:
    person = old(world)
    run_id = runs.apply(world, [person])
    undo_id = runs.undo(world, run_id)
    assert world.crm.store(person)[0] == "61B"
    assert world.crm.rows[person]["ACCOUNTING"].basis == "61C"
    found = runs.people(world, undo_id)[person]
    assert (found.state, found.reason) == ("done", Skip.NO_ROW_BEFORE)


def test_a_row_that_was_not_there_is_withdrawn_where_that_was_asked_for(world: World) -> None:
    person = old(world)
    run_id = runs.apply(world, [person])
    runs.undo(world, run_id, withdraw_new=True)
    row = world.crm.rows[person]["ACCOUNTING"]
    assert (row.basis, row.source) == (WITHDRAWN, "ERP")
    assert row.comment.startswith(f"so-privacy undo-{run_id} ")
    runs.apply(world, [person])
    assert world.crm.rows[person]["ACCOUNTING"].basis == WITHDRAWN  # a no is never overwritten, ours neither


def test_a_source_that_the_tenant_has_deleted_since_is_not_written(world: World) -> None:
    person = carded(world)
    world.crm.write_row(person, STORE, "61C", "FAIR", by=IMPORTER)
    run_id = runs.apply(world, [person])
    gone = tuple(replace(one, deleted=one.key == "FAIR") for one in world.crm.listing.sources)
    world.crm.listing = replace(world.crm.listing, sources=gone)
    world.crm.forget_lists()
    undo_id = runs.undo(world, run_id)
    assert runs.tally(world, undo_id).skipped == {Skip.BLOCKED_LIST_ITEM: 1}


def test_a_comment_that_is_not_kept_any_more_is_not_made_up(world: World) -> None:
    imported, by_default = carded(world), carded(world)
    world.crm.write_row(imported, STORE, "61C", "CARD", by=IMPORTER, comment=FREE_TEXT)
    run_id = runs.apply(world, [imported, by_default])
    at_once, later = timedelta(0), timedelta(days=9)
    with open_session(world.dsn, world.tenant_id) as session:
        taken = purge(session, Periods(at_once, at_once, later))
    assert (taken["comments"], taken["planned"]) == (1, 0)
    undo_id = runs.undo(world, run_id)
    assert runs.tally(world, undo_id).skipped == {Skip.BEFORE_FORGOTTEN: 1}
    assert world.crm.store(by_default)[0] == "61B"


def test_what_can_and_what_cannot_be_taken_back(world: World) -> None:
    run_id = runs.plan(world, [carded(world)])
    with pytest.raises(Refused, match=r"not_undoable: run \d+ is planned"):
        runs.undo(world, run_id)
    runs.start(world, run_id)
    with pytest.raises(Refused, match=f"so-privacy run stop {run_id}"):
        runs.undo(world, run_id)
    runs.work_once(world)
    undo_id = runs.undo(world, run_id)
    with pytest.raises(Refused, match="undo_of_undo"):
        runs.undo(world, undo_id)
    with pytest.raises(Refused, match=r"not_undoable: run \d+ is undone"):
        runs.undo(world, run_id)
    with pytest.raises(Refused, match="no_run"):
        runs.undo(world, 10**9)


def test_a_run_of_numbers_that_are_given_out_again_is_not_taken_back(world: World) -> None:
    first, second = (runs.apply(world, [carded(world)]) for _ in range(2))
    with open_session(world.dsn, world.tenant_id) as session:
        undo_id = run_register.add_undo(session, first, who="anna", withdraw_new=False)
    with world.turn() as turn:
        EpochBook(turn.session, turn.tenant.epoch).begin()
    assert runs.shown(world, undo_id).reason == Stop.RESTORED
    with pytest.raises(Refused, match="run_epoch"):
        runs.undo(world, second)


def test_an_undo_that_was_planned_before_the_run_went_on_is_outdated(world: World) -> None:
    persons = [carded(world) for _ in range(25)]
    run_id = runs.plan(world, persons)
    runs.start(world, run_id)

    def stop() -> None:
        with open_session(world.dsn, world.tenant_id) as session:
            run_register.stop(session, run_id)

    world.crm.on("set_consent", nth=3, before=stop)
    runs.work_once(world)
    with open_session(world.dsn, world.tenant_id) as session:
        undo_id = run_register.add_undo(session, run_id, who="anna", withdraw_new=False)
    runs.start(world, run_id)
    runs.work_once(world)
    with pytest.raises(Refused, match="undo_outdated"):
        runs.start(world, undo_id)
