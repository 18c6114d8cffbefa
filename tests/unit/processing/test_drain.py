"""A slice from its claim to its record."""

from so_privacy_ext.model import STORE


def test_a_new_person_gets_basis_and_notice(world) -> None:
    anna = world.crm.add(1, "WEBFORM")
    event = world.deliver("person.created", anna)
    world.drain()

    assert world.crm.store(anna) == ("61F", "WEBFORM")
    assert [(mail.person_id, mail.lcid) for mail in world.crm.outbox] == [(anna, 1033)]
    assert world.reasons() == {event: "effect"}
    assert world.last_decision(anna)["mail"] == "sent"
    assert STORE
