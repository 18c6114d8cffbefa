"""Keys that the next version calls otherwise: what is known under the old ones goes along."""

from __future__ import annotations

from so_privacy_ext.model import STORE
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage import manifests
from so_privacy_ext.storage.manifests import Moved
from tests.unit.processing.world import NORDIC, World

RETELLING = NORDIC.read_bytes().replace(b"marketing: false}", b"marketing: false, retell: true}")
RENAMED = RETELLING.replace(b"notice13", b"welcome")


def activate(world: World, content: bytes, **moved: dict[str, str]) -> None:
    """Activate a version under its turn, as the product does."""
    with world.turn() as turn:
        manifests.activate(turn.session, turn.ledgers, content, who="test", moved=Moved(**moved))


def told_again(world: World, **moved: dict[str, str]) -> list[int]:
    """Tell one person, rename the mail, and have her and another looked at again; give who was told then."""
    activate(world, RETELLING)
    anna = world.crm.add(1, "WEBFORM")
    world.deliver("person.created", anna)
    world.drain()
    assert [one.person_id for one in world.crm.outbox] == [anna]

    activate(world, RENAMED, **moved)
    bo = world.crm.add(2, "WEBFORM", email="person1@example.com")
    world.deliver("person.changed", anna)
    world.deliver("person.created", bo)
    world.drain()
    return [int(one.person_id) for one in world.crm.outbox][1:]


def test_without_a_word_a_mail_of_another_name_is_another_mail(world: World) -> None:
    assert told_again(world) == [1]


def test_nobody_and_no_address_is_told_twice_because_a_mail_is_called_otherwise(world: World) -> None:
    assert told_again(world, mails={"notice13": "welcome"}) == []
    assert [(one["mail"], one["state"]) for one in world.rows("mail")] == [("welcome", "sent")]


def test_a_duty_goes_along_and_is_closed_by_the_mail_of_the_new_name(world: World) -> None:
    activate(world, RETELLING)
    anna = world.crm.add(1, "WEBFORM", email=None)
    world.deliver("person.created", anna)
    world.drain()
    assert [(one["mail"], one["how"]) for one in world.rows("duty")] == [("notice13", None)]

    activate(world, RENAMED, mails={"notice13": "welcome"})
    world.crm.change(anna, emails=world.crm.persons[world.crm.add(9, "WEBFORM")].emails)
    world.deliver("person.changed", anna)
    world.drain()

    assert [(one["mail"], one["how"]) for one in world.rows("duty")] == [("welcome", "sent")]


def test_what_stands_under_the_new_name_already_stays(world: World) -> None:
    """Both rows keep the mail from going out; neither is lost."""
    told_again(world)
    activate(world, RETELLING)
    activate(world, RENAMED, mails={"notice13": "welcome"})

    assert sorted(one["mail"] for one in world.rows("mail")) == ["notice13", "welcome"]
    assert sorted(one["mail"] for one in world.rows("duty")) == ["notice13", "welcome"]


def test_a_consent_does_not_live_longer_because_its_purpose_or_source_is_called_otherwise(
    world: World,
) -> None:
    anna = world.crm.add(1, "VENDOR")
    world.deliver("person.created", anna)
    world.drain()
    (before,) = (one for one in world.rows("effect") if one["purpose"] == STORE)

    activate(world, RETELLING, purposes={STORE: "SHOP"}, sources={"VENDOR": "BOUGHT"})
    (after,) = world.rows("effect")

    assert before["expires_at"] is not None
    assert (after["purpose"], after["source"]) == ("SHOP", "BOUGHT")
    assert {**after, "purpose": STORE, "source": "VENDOR"} == before


def test_what_waits_for_a_human_goes_along(world: World) -> None:
    anna = world.crm.add(1, "UNKNOWN")
    world.deliver("person.created", anna)
    world.drain()
    assert world.reviews() == [(1, "purpose", STORE)]

    activate(world, RETELLING, purposes={STORE: "SHOP"})

    assert world.reviews() == [(1, "purpose", "SHOP")]


def test_what_decides_already_moves_nothing(world: World) -> None:
    assert parse(RETELLING, "m").content.moved is None
    told_again(world)
    activate(world, RENAMED, mails={"welcome": "other"})

    assert {one["mail"] for one in world.rows("mail")} == {"notice13", "welcome"}
