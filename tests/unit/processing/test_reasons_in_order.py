"""Of several reasons for no mail the first of the design's list is named, with a duty or without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from so_privacy_ext.model import STORE, WITHDRAWN, EmailAddress, NoMail, PersonId
from tests.unit.processing.fake_crm import HUMAN, OWNER_COMPANY, PORTAL, tenant_lists
from tests.unit.processing.world import NORDIC, World

Hinder = Callable[[World], None]


def withdrawn(world: World) -> None:
    source = world.crm.rows[PersonId(1)][STORE].source
    world.crm.write_row(PersonId(1), STORE, WITHDRAWN, source, by=PORTAL, event=False)


def before_start(world: World) -> None:
    world.crm.change(1, registered=world.clock.now() - timedelta(days=9))


def review(world: World) -> None:
    """Have the rule that decides STORE ask for a review and go on telling."""
    content = NORDIC.read_bytes().replace(
        b"give: {STORE: {basis: 61F}, EMARKETING: keep}", b"give: {STORE: review, EMARKETING: keep}"
    )
    world.activate(
        content.replace(b"give: {STORE: {basis: 61F}}\n    tell", b"give: {STORE: review}\n    tell")
    )


def rule_gives_none(world: World) -> None:
    world.crm.change(1, company_id=OWNER_COMPANY)


def already_told(world: World) -> None:
    """Tell another person at the same address."""
    world.crm.add(2, "CARD", email="person1@example.com")
    world.deliver("person.created", 2)
    world.drain()
    assert len(world.crm.outbox) == 1


def crm_mails(world: World) -> None:
    world.crm.write_row(1, STORE, "61F", "CHAT", by=HUMAN, event=False)


def no_address(world: World) -> None:
    world.crm.change(1, emails=())


def bounced(world: World) -> None:
    world.crm.change(1, emails=(EmailAddress("person1@example.com", 1, bounce_count=2),))


def blocked_template(world: World) -> None:
    world.crm.listing = replace(tenant_lists(), templates=())
    world.crm.forget_lists()


IN_ORDER: list[tuple[NoMail, Hinder]] = [
    (NoMail.STORE_WITHDRAWN, withdrawn),
    (NoMail.BEFORE_START, before_start),
    (NoMail.REVIEW, review),
    (NoMail.RULE_GIVES_NONE, rule_gives_none),
    (NoMail.ALREADY_TOLD, already_told),
    (NoMail.CRM_MAILS, crm_mails),
    (NoMail.NO_ADDRESS, no_address),
    (NoMail.BOUNCED, bounced),
    (NoMail.BLOCKED_TEMPLATE, blocked_template),
]
NEVER_TOGETHER = {
    (NoMail.REVIEW, NoMail.RULE_GIVES_NONE),  # one rule decides STORE
    (NoMail.NO_ADDRESS, NoMail.BOUNCED),
    (NoMail.ALREADY_TOLD, NoMail.NO_ADDRESS),  # told by her address
}
PAIRS = [
    (first, second)
    for at, first in enumerate(IN_ORDER)
    for second in IN_ORDER[at + 1 :]
    if (first[0], second[0]) not in NEVER_TOGETHER
]


def test_the_list_is_the_design_s() -> None:
    assert [reason for reason, _ in IN_ORDER] == [one for one in NoMail if one is not NoMail.NO_TELL]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda pair: pair[0].value)
def test_the_first_that_holds_is_named(
    world: World, first: tuple[NoMail, Hinder], second: tuple[NoMail, Hinder]
) -> None:
    world.crm.add(1, "CARD")
    later_first = second[0] in {NoMail.ALREADY_TOLD, NoMail.CRM_MAILS}
    for _, hinder in (second, first) if later_first else (first, second):
        hinder(world)
    sent = len(world.crm.outbox)
    world.deliver("person.changed", 1)
    world.drain()

    assert world.last_decision(1)["mail"] == first[0]
    assert len(world.crm.outbox) == sent
    duties = [one for one in world.rows("duty") if one["person_id"] == 1]
    owed = first[0] in {NoMail.CRM_MAILS, NoMail.NO_ADDRESS, NoMail.BOUNCED, NoMail.BLOCKED_TEMPLATE}
    assert [one["closed_at"] for one in duties] == ([None] if owed else [])


def test_the_crm_s_own_mail_is_looked_for_from_ten_minutes_before_she_came(world: World) -> None:
    bjorn = world.crm.add(1, "CHAT")
    world.deliver("person.created", bjorn)
    world.drain()
    (duty,) = world.rows("duty")
    (chat,) = (one for one in world.crm.listing.sources if one.key == "CHAT")
    assert duty["template_id"] == chat.mail_template_id
    assert duty["since"] == world.crm.persons[bjorn].registered - timedelta(minutes=10)
