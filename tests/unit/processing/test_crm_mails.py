"""A person whom the CRM mails by itself is not mailed by us as well, whatever her source becomes."""

from __future__ import annotations

from so_privacy_ext.model import STORE, PersonId
from tests.unit.processing.fake_crm import CHAT_TEMPLATE, IMPORTER
from tests.unit.processing.world import World


def changed_to_card(world: World, person_id: PersonId) -> None:
    """Have an integration give her another source, one that has no mail of its own."""
    world.crm.write_row(person_id, STORE, "61B", "CARD", by=IMPORTER, event=False)
    world.deliver("person.changed", person_id)


def told(world: World, person_id: PersonId) -> object:
    return world.last_decision(person_id)["mail"]


def test_while_the_crm_s_own_mail_is_looked_for_ours_is_not_sent(world: World) -> None:
    bjorn = world.crm.add(2, "CHAT")
    world.deliver("person.created", bjorn)
    world.drain()
    changed_to_card(world, bjorn)
    world.drain()
    assert told(world, bjorn) == "crm_mails"

    world.crm.archive(bjorn, CHAT_TEMPLATE)
    world.settle()
    world.deliver("person.changed", bjorn)
    world.settle()
    assert told(world, bjorn) == "already_told"
    assert not world.crm.outbox


def test_once_it_was_looked_for_in_vain_she_is_told_by_us(world: World) -> None:
    bjorn = world.crm.add(2, "CHAT")
    world.deliver("person.created", bjorn)
    world.settle()
    assert not world.crm.outbox
    changed_to_card(world, bjorn)
    world.drain()
    assert [mail.person_id for mail in world.crm.outbox] == [bjorn]
