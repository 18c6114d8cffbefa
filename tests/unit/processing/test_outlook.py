"""What a ruling would come to, for whoever asks why: nothing of it is done."""

import pytest

from so_privacy_ext.model import STORE, Authority, EmailAddress
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.processing.outlook import DUE, Outlook, look_ahead
from so_privacy_ext.rules.decide import decide
from tests.unit.processing.fake_crm import CHAT_TEMPLATE
from tests.unit.processing.world import World


def look(world: World, person_id: int) -> Outlook:
    with world.working() as work:
        (person,) = work.crm.read_persons([world.crm.persons[person_id].person_id]).values()
        lists = work.crm.lists()
        facts = gather(person, [], lists, work.tenant.own_associate_id, work.clock.now())
        return look_ahead(work, person, decide(facts, work.manifest), facts, lists)


def test_what_would_be_written_and_told(world: World) -> None:
    gitte = world.crm.add(7, "ERP")
    found = look(world, gitte)
    assert sorted(found.writes) == ["ACCOUNTING", "STORE"]
    assert (found.left, found.writers, found.mail) == ({}, {STORE: Authority.CRM_DEFAULT}, DUE)
    assert world.crm.writes == 0
    assert not world.rows("decision")
    assert not world.rows("duty")


def test_what_stands_in_the_way(world: World) -> None:
    anna = world.crm.add(1, "CARD")
    world.crm.write_row(anna, STORE, "61C", "CARD")
    found = look(world, anna)
    assert (found.writes, found.left, found.writers) == ((), {STORE: "human"}, {STORE: Authority.HUMAN})


@pytest.mark.parametrize(
    ("source", "emails", "reason"),
    [
        ("API", None, "review"),
        ("CARD", [], "no_address"),
        ("CARD", [EmailAddress("a@example.com", 1, bounce_count=1)], "bounced"),
        ("CHAT", None, "crm_mails"),
    ],
)
def test_why_nobody_would_be_told(
    world: World, source: str, emails: list[EmailAddress] | None, reason: str
) -> None:
    world.crm.add(1, source, emails=emails)
    assert look(world, 1).mail == reason


def test_who_was_told_would_not_be_told_again(world: World) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    world.drain()
    assert look(world, 1).mail == "already_told"


def test_whom_the_crm_is_telling_would_not_be_told_by_us(world: World) -> None:
    world.crm.add(1, "CHAT")
    world.deliver("person.created", 1)
    world.drain()
    world.crm.write_row(1, STORE, "61B", "CARD", event=False)
    assert look(world, 1).mail == "crm_mails"
    assert not any(template == CHAT_TEMPLATE for _, template, _ in world.crm.activities)
