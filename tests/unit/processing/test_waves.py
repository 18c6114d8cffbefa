"""A run goes in waves: it waits, looks at what came of its mails, and stops before it does more harm."""

from dataclasses import replace
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, Fault, NeedsHuman
from so_privacy_ext.model import WITHDRAWN, EmailAddress, NoMail
from so_privacy_ext.runs import RunState, Stop, Wait, Waves
from tests.unit.processing import runs
from tests.unit.processing.runs import old
from tests.unit.processing.world import World

DAY = 86400.0
SLOW = Waves(pilot=2, size=3, wait=DAY)


def bounce(world: World, person_id: int) -> None:
    first = world.crm.persons[person_id].emails[0]
    emails = (replace(first, bounce_count=1),)
    world.crm.persons[person_id] = replace(world.crm.persons[person_id], emails=emails)


def told(world: World) -> list[int]:
    return [int(one.person_id) for one in world.crm.outbox]


def test_waves_wait_for_what_comes_of_the_one_before(world: World) -> None:
    persons = [old(world) for _ in range(6)]
    run_id = runs.apply(world, persons, SLOW, tell=True)
    run = runs.shown(world, run_id)
    assert (run.state, run.reason, run.wave, told(world)) == (
        RunState.WAITING,
        Wait.NEXT_WAVE,
        1,
        persons[:2],
    )
    assert DAY - 60 < (runs.work_once(world) or 0) <= DAY
    assert told(world) == persons[:2]
    world.advance(days=1, seconds=1)
    runs.work_once(world)
    assert (runs.shown(world, run_id).wave, told(world)) == (2, persons[:5])
    world.advance(days=1, seconds=1)
    runs.work_once(world)
    assert (runs.shown(world, run_id).state, told(world)) == (RunState.DONE, persons)
    assert runs.tally(world, run_id).waves == 3
    assert {one.wave for one in runs.people(world, run_id, state="done").values()} == {1, 2, 3}


def test_a_mail_that_came_back_stops_the_next_wave_and_is_never_sent_again(world: World) -> None:
    persons = [old(world) for _ in range(6)]
    run_id = runs.apply(world, persons, SLOW, tell=True)
    bounce(world, persons[0])
    world.advance(days=1, seconds=1)
    runs.work_once(world)
    run, tally = runs.shown(world, run_id), runs.tally(world, run_id)
    assert (run.state, run.reason, tally.bounced, tally.mailed) == (RunState.STOPPED, Stop.BOUNCES, 1, 2)
    assert [one.person_id for one in world.journal("mail_bounced")] == [persons[0]]
    assert list(runs.people(world, run_id, answer="bounced")) == [persons[0]]

    runs.start(world, run_id, replace(SLOW, bounces=0.9))
    for _ in range(3):
        runs.work_once(world)
        world.advance(days=1, seconds=1)
    world.deliver("person.changed", persons[0])
    world.drain()
    assert told(world) == persons
    assert world.last_decision(persons[0])["mail"] in {NoMail.BEFORE_START, NoMail.ALREADY_TOLD}


@pytest.mark.row("F62")
def test_who_is_bounced_is_never_told_again_by_another_plan_either(world: World) -> None:
    persons = [old(world) for _ in range(2)]
    run_id = runs.apply(world, persons, replace(SLOW, wait=0.0), tell=True)
    assert len(world.crm.outbox) == 2
    bounce(world, persons[0])
    runs.work_once(world)  # the last mails are looked at as well
    assert list(runs.people(world, run_id, answer="bounced")) == [persons[0]]
    for one in persons:
        world.crm.write_row(one, "STORE", "61B", "ERP", by=world.crm.own)
    again = runs.apply(world, persons, tell=True)
    assert len(world.crm.outbox) == 2
    assert runs.tally(world, again).mails_planned == 0
    mails = [one for one in world.rows("mail") if one["person_id"] == persons[0]]
    assert [one["state"] for one in mails] == ["sent"]


def test_the_first_no_stops_a_run(world: World) -> None:
    persons = [old(world) for _ in range(4)]
    run_id = runs.apply(world, persons, SLOW, tell=True)
    world.crm.withdraw(persons[1], "NEWSLETTER")
    world.advance(days=1, seconds=1)
    runs.work_once(world)
    run = runs.shown(world, run_id)
    assert (run.state, run.reason) == (RunState.STOPPED, Stop.REFUSALS)
    assert runs.tally(world, run_id).refused == 1
    assert [one.person_id for one in world.journal("mail_refused")] == [persons[1]]


def test_a_no_that_stood_before_is_none_to_this_mail(world: World) -> None:
    persons = [old(world) for _ in range(4)]
    world.crm.withdraw(persons[0], "NEWSLETTER")
    run_id = runs.apply(world, persons, SLOW, tell=True)
    world.crm.soft_delete(persons[1])
    world.advance(days=1, seconds=1)
    runs.work_once(world)
    assert runs.shown(world, run_id).state is RunState.DONE
    assert runs.tally(world, run_id).refused == 0
    assert world.crm.rows[persons[0]]["NEWSLETTER"].basis == WITHDRAWN


def test_a_wave_that_the_crm_refuses_is_the_last(world: World) -> None:
    persons = [old(world, "CARD") for _ in range(5)]
    world.crm.on("set_consent", times=1, fail=NeedsHuman(Fault.VALIDATION, "SetConsent"))
    run_id = runs.apply(world, persons, replace(SLOW, wait=0.0))
    run, tally = runs.shown(world, run_id), runs.tally(world, run_id)
    assert (run.state, run.reason) == (RunState.STOPPED, Stop.FAILURES)
    assert (tally.done, tally.open, sum(tally.failed.values())) == (1, 3, 1)


@pytest.mark.parametrize(("brake", "advance"), [("mails_an_hour", 3600.0), ("mails_a_day", DAY)])
def test_mails_have_a_brake_of_their_own(world: World, brake: str, advance: float) -> None:
    persons = [old(world) for _ in range(3)]
    without = old(world, "ERP", email=None)
    limit: dict[str, Any] = {brake: 2}
    waves = replace(SLOW, pilot=100, wait=0.0, **limit)
    run_id = runs.apply(world, [*persons, without], waves, tell=True)
    run = runs.shown(world, run_id)
    assert (run.state, run.reason, told(world)) == (RunState.WAITING, Wait.MAILS, persons[:2])
    assert advance - 60 < run.seconds_to_wait <= advance
    assert runs.people(world, run_id)[persons[2]].decision_id is None  # not half done
    world.advance(seconds=advance + 1)
    runs.work_once(world)
    assert (runs.shown(world, run_id).state, told(world)) == (RunState.DONE, persons)
    duties = [one for one in world.rows("duty") if one["closed_at"] is None]
    assert [one["person_id"] for one in duties] == [without]  # nobody can mail her, and she must be told


def test_nobody_is_mailed_whom_the_plan_does_not_tell(world: World) -> None:
    persons = [old(world, emails=[EmailAddress("same@example.com", 1)]) for _ in range(2)]
    runs.apply(world, persons, tell=True)
    assert len(world.crm.outbox) == 1
    later = [old(world) for _ in range(2)]
    runs.apply(world, later)
    assert len(world.crm.outbox) == 1
    mails = [one["mail"] for one in sorted(world.rows("run_person"), key=lambda one: one["person_id"])]
    assert mails == ["sent", "already_told", "before_start", "before_start"]


@pytest.mark.parametrize("fault", [Fault.VALIDATION, Fault.ACCESS_DENIED])
def test_a_mail_that_the_crm_refuses_is_a_failure_and_not_asked_for_again(world: World, fault: Fault) -> None:
    person = old(world)
    world.crm.on("send_notice", fail=NeedsHuman(fault, "Send", applied=Applied.NO))
    run_id = runs.apply(world, [person], tell=True)
    assert runs.people(world, run_id)[person].reason == f"refused_{fault}"
    assert world.crm.outbox == []
    assert world.crm.store(person) == ("61F", "ERP")
