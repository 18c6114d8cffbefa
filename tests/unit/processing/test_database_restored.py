"""Our own database was brought back from a backup: nobody is told again of whose mail it knows nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from so_privacy_ext.errors import Applied, Fault, Retry
from so_privacy_ext.model import NoMail
from so_privacy_ext.runs import RunState, Stop
from so_privacy_ext.storage import tenants
from tests.unit.processing import runs
from tests.unit.processing.fake_crm import CHAT_TEMPLATE, NOTICE_13, NOTICE_14
from tests.unit.processing.world import World

pytestmark = pytest.mark.row("F78")


def restore(world: World, *, hours: float = 5) -> None:
    with world.turn() as turn:
        tenants.database_restored(turn.session, turn.ledgers, world.clock.now() - timedelta(hours=hours))


@pytest.mark.parametrize("template", [NOTICE_13, NOTICE_14])
def test_who_was_told_after_the_backup_is_not_told_again(world: World, template: int) -> None:
    person = world.crm.add(1001, "CARD")
    world.crm.archive(person, template)  # by us, as our database knew until it was brought back
    restore(world)
    world.deliver("person.changed", person)
    world.drain()
    assert world.crm.outbox == []
    assert world.last_decision(person)["mail"] == NoMail.ALREADY_TOLD
    assert [one["state"] for one in world.rows("mail")] == ["sent"]
    assert [one.person_id for one in world.journal("mail_found")] == [person]
    assert [one["how"] for one in world.rows("duty")] == ["sent"]
    looked = world.crm.count("notice_archived")
    world.deliver("person.changed", person)
    world.drain()
    assert world.crm.count("notice_archived") == looked


def test_who_was_not_told_is_told_once(world: World) -> None:
    earlier, told_long_ago = world.crm.add(1001, "CARD"), world.crm.add(1002, "CARD")
    world.crm.activities.append((told_long_ago, NOTICE_13, world.clock.now() - timedelta(days=9)))
    world.crm.archive(earlier, CHAT_TEMPLATE)  # no privacy template
    restore(world)
    world.deliver_all("person.changed", [earlier, told_long_ago])
    world.drain()
    assert [one.person_id for one in world.crm.outbox] == [earlier, told_long_ago]


def test_whoever_comes_later_costs_no_look_up(world: World) -> None:
    restore(world)
    world.advance(minutes=1)
    person = world.crm.add(1001, "CARD")
    world.deliver("person.created", person)
    world.drain()
    assert len(world.crm.outbox) == 1
    assert world.crm.count("notice_archived") == 0


def test_a_mail_that_was_held_at_the_backup_may_have_gone_out_since(world: World) -> None:
    person = world.crm.add(1001, "CARD")
    world.deliver("person.created", person)
    world.crm.on("send_notice", fail=Retry(Fault.TRANSIENT, "Send", applied=Applied.NO))
    with pytest.raises(Retry):
        world.drain()
    assert [one["state"] for one in world.rows("mail")] == ["held"]
    world.crm.archive(person, NOTICE_13)
    restore(world)
    world.advance(minutes=1)
    world.drain()
    assert world.crm.outbox == []
    assert [one["state"] for one in world.rows("mail")] == ["sent"]


def test_a_run_that_was_under_way_stops_and_tells_nobody_again_when_resumed(world: World) -> None:
    persons = [runs.old(world) for _ in range(2)]
    run_id = runs.plan(world, persons, tell=True)
    runs.start(world, run_id)
    world.crm.archive(persons[0], NOTICE_14)
    restore(world)
    run = runs.shown(world, run_id)
    assert (run.state, run.reason) == (RunState.STOPPED, Stop.DATABASE_RESTORED)
    assert runs.work_once(world) is None
    runs.start(world, run_id)
    runs.work_once(world)
    assert [one.person_id for one in world.crm.outbox] == persons[1:]
    assert runs.tally(world, run_id).done == 2
