"""A merge brings back nothing that was withdrawn, however long the chain of merges is."""

from __future__ import annotations

import pytest

from so_privacy_ext.model import STORE, PersonId
from so_privacy_ext.storage import reviews
from so_privacy_ext.storage.reviews import Settlement
from tests.unit.processing.world import World


@pytest.mark.row("F65")
def test_a_chain_of_merges_is_followed_to_its_end(world: World) -> None:
    first, second, third = (world.crm.add(one, "CARD", email="anna@example.com") for one in (1, 2, 3))
    world.deliver("person.created", first)
    world.crm.merge(first, second)
    world.crm.merge(second, third)
    world.drain()
    assert world.crm.store(third) == ("61F", "CARD")
    assert [mail.person_id for mail in world.crm.outbox] == [third]
    assert not world.events("open")


def withdrawn(world: World, person_id: PersonId, purpose: str) -> None:
    """Have a person take a consent back, and us see it."""
    if purpose not in world.crm.rows[person_id]:
        world.crm.write_row(person_id, purpose, "61A", "WEBFORM")
    world.crm.withdraw(person_id, purpose)
    world.deliver("person.unconsented", person_id)
    world.drain()


@pytest.mark.row("F65")
@pytest.mark.parametrize("by_way_of", [False, True])
def test_a_withdrawal_that_a_merge_has_erased_stops_writes_and_mails(world: World, by_way_of: bool) -> None:
    """The CRM keeps the destination's row, so that only we still know of the no."""
    anna, other, last = (world.crm.add(one, "CARD") for one in (1, 2, 3))
    withdrawn(world, anna, STORE)
    destination = other
    world.crm.merge(anna, other)
    world.deliver("person.softdeleted", anna)
    world.drain()
    if by_way_of:
        destination = last
        world.crm.merge(other, last)
        world.deliver("person.softdeleted", other)
        world.drain()
    world.deliver("person.changed", destination)
    world.drain()

    assert world.crm.store(destination) == ("61B", "CARD")
    assert not world.crm.outbox
    assert (destination, "merged", STORE) in world.reviews()
    assert world.last_decision(destination)["mail"] == "store_withdrawn"


@pytest.mark.row("F65")
@pytest.mark.parametrize(
    ("settlement", "basis"), [(Settlement.KEEP, "61B"), (Settlement.DECIDE_AGAIN, "61F")]
)
def test_only_a_human_lets_it_go_on(world: World, settlement: Settlement, basis: str) -> None:
    anna, other = world.crm.add(1, "CARD"), world.crm.add(2, "CARD")
    withdrawn(world, anna, STORE)
    world.crm.merge(anna, other)
    world.deliver("person.softdeleted", anna)
    world.drain()
    with world.turn() as turn:
        (item,) = reviews.listed(turn.session)
        reviews.settle(turn.session, turn.ledgers, item.review_id, settlement, "asked her")
    world.deliver("person.changed", other)
    world.drain()
    assert world.crm.store(other) == (basis, "CARD")


@pytest.mark.row("F65")
def test_another_purpose_goes_on_after_a_merge(world: World) -> None:
    anna, other = world.crm.add(1, "ERP"), world.crm.add(2, "ERP")
    withdrawn(world, anna, "ACCOUNTING")
    del world.crm.rows[anna]["ACCOUNTING"]  # a CRM that takes nothing over
    world.crm.merge(anna, other)
    world.deliver("person.softdeleted", anna)
    world.drain()
    assert world.crm.store(other) == ("61F", "ERP")
    assert "ACCOUNTING" not in world.crm.rows[other]
    assert (other, "merged", "ACCOUNTING") in world.reviews()
    assert [mail.person_id for mail in world.crm.outbox] == [anna, other]
