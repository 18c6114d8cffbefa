"""Who is deleted while something is on its way to her: it stops, and of her only numbers and hashes stay."""

import pytest

from so_privacy_ext.errors import Applied, Fault, Retry
from tests.unit.processing.fake_crm import failure
from tests.unit.processing.world import World

pytestmark = pytest.mark.row("F82")


def test_a_mail_that_was_claimed_for_her_is_never_sent(world: World) -> None:
    world.crm.add(7)
    world.crm.on("send_notice", fail=failure(Retry, Fault.TRANSPORT, applied=Applied.NO), times=9)
    world.deliver("person.created", 7)
    with pytest.raises(Retry):
        world.drain()
    assert [one["state"] for one in world.rows("mail")] == ["held"]
    world.crm.soft_delete(7)
    world.deliver("person.deleted", 7)
    world.advance(days=2)
    world.settle()

    assert world.crm.outbox == []
    assert not world.events("open")
    assert not world.events("dead")


def test_of_her_stay_numbers_and_hashes(world: World) -> None:
    for one in (7, 8):
        world.crm.add(one)
        world.deliver("person.created", one)
    world.drain()
    world.crm.soft_delete(7)
    world.deliver("person.deleted", 7)
    world.drain()

    assert {one["primary_key"]: one["body"] is None for one in world.rows("inbox")} == {7: True, 8: False}
    assert {str(one["event"]) for one in world.rows("inbox") if one["primary_key"] == 7} == {"{}"}
    assert {one["person_id"]: bool(one["facts"]) for one in world.rows("decision")} == {7: False, 8: True}
    assert len(world.rows("mail")) == 2  # the claims stay: should she come back, she is told already
    assert [one.kind for one in world.journal() if one.person_id == 7][-1] == "gone"


def test_who_comes_back_is_decided_anew_and_not_told_again(world: World) -> None:
    world.crm.add(7)
    world.deliver("person.created", 7)
    world.drain()
    told = len(world.crm.outbox)
    world.crm.soft_delete(7)
    world.deliver("person.softdeleted", 7)
    world.drain()
    world.crm.undelete(7)
    world.deliver("person.changed", 7)
    world.settle()

    assert len(world.crm.outbox) == told == 1
    assert world.decisions(7)[0].decision.facts
