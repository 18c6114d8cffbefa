"""One mail per person, claimed before it is asked for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, CrmFailure, Fault, NeedsHuman, NoOp, Park, Retry
from so_privacy_ext.model import STORE, EmailAddress, MailState
from so_privacy_ext.processing.looking_up import look_up_due
from so_privacy_ext.storage import reviews
from tests.unit.processing.fake_crm import (
    CHAT_TEMPLATE,
    IMPORTER,
    NOTICE_13,
    NOTICE_14,
    OWNER_COMPANY,
    failure,
    tenant_lists,
)
from tests.unit.processing.world import NORDIC, World, drain_all, with_tenant

UNSENT: dict[str, Any] = {"fail": failure(Retry, Fault.TRANSPORT, applied=Applied.NO)}


def told(world: World, person_id: int) -> object:
    return world.last_decision(person_id)["mail"]


def states(world: World) -> list[str]:
    return [str(one["state"]) for one in world.rows("mail")]


def duties(world: World) -> list[tuple[object, ...]]:
    rows = sorted(world.rows("duty"), key=lambda one: one["duty_id"])
    return [(one["person_id"], one["mail"], one["article"], one["how"]) for one in rows]


def drained(world: World, name: str, *people: int) -> None:
    world.deliver_all(name, people)
    world.drain()


def stopped(world: World, kind: type[Exception]) -> None:
    with world.working() as work, pytest.raises(kind):
        drain_all(work)


def test_the_duty_is_closed_by_the_mail(world: World) -> None:
    world.crm.add(1)
    world.crm.add(6, "VENDOR")
    drained(world, "person.created", 1, 6)
    assert duties(world) == [(1, "notice13", 13, "sent"), (6, "notice14", 14, "sent")]
    (first, second) = world.rows("duty")
    assert first["due_at"] == world.crm.persons[1].registered
    assert second["due_at"] == world.crm.persons[6].registered + timedelta(days=30)
    assert [mail.template_id for mail in world.crm.outbox] == [NOTICE_13, NOTICE_14]


@pytest.mark.row("F19")
def test_ten_repeats_under_new_ids_are_one_write_and_one_mail(world: World) -> None:
    world.crm.add(1)
    for _ in range(10):
        world.deliver("person.created", 1)
        world.drain()
    drained(world, "person.created", *[1] * 10)
    assert world.crm.writes == 1
    assert len(world.crm.outbox) == 1
    assert told(world, 1) == "already_told"
    assert not world.events("open")


@pytest.mark.parametrize(
    ("reason", "person"),
    [
        ("before_start", {"source": "CARD", "registered": timedelta(days=-2)}),
        ("review", {"source": "API"}),
        ("rule_gives_none", {"source": "USER", "company": OWNER_COMPANY}),
        ("no_tell", {"source": "API", "form": 6}),
    ],
)
def test_reasons_from_which_no_duty_follows(world: World, reason: str, person: dict[str, Any]) -> None:
    text = NORDIC.read_bytes()
    if reason == "no_tell":
        text = text.replace(b"give: {STORE: review}", b"give: {STORE: {basis: 61F}}")
        world.activate(text)
    if "registered" in person:
        person["registered"] = world.clock.now() + person["registered"]
    world.crm.add(1, **person)
    drained(world, "person.created", 1)
    assert told(world, 1) == reason
    assert not duties(world)
    assert not world.crm.outbox


def test_store_withdrawn_tells_nobody(world: World) -> None:
    world.crm.add(1)
    world.crm.withdraw(1)
    drained(world, "person.unconsented", 1)
    assert told(world, 1) == "store_withdrawn"
    assert not duties(world)


def test_before_the_first_activation_nobody_is_told(world: World) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    with world.working() as work:
        drain_all(with_tenant(work, tell_from=None))
    assert told(world, 1) == "before_start"


@pytest.mark.row("F60")
@pytest.mark.parametrize(
    ("reason", "emails"),
    [
        ("no_address", []),
        ("no_address", [EmailAddress("nobody", 1), EmailAddress("person1@example.com", 2)]),
        ("bounced", [EmailAddress("person1@example.com", 1, bounce_count=1)]),
    ],
)
def test_no_address_keeps_the_reason_and_the_duty_open(
    world: World, reason: str, emails: list[EmailAddress]
) -> None:
    world.crm.add(1, emails=emails)
    drained(world, "person.created", 1)
    assert told(world, 1) == reason
    assert duties(world) == [(1, "notice13", 13, None)]
    assert world.crm.store(1) == ("61F", "WEBFORM")

    world.crm.change(1, emails=(EmailAddress("person1@example.com", 1),))
    drained(world, "person.changed", 1)
    assert told(world, 1) == "sent"
    assert duties(world) == [(1, "notice13", 13, "sent")]


@pytest.mark.row("F60")
def test_the_primary_of_several_addresses_is_told(world: World) -> None:
    world.crm.add(1, emails=[EmailAddress("b@example.com", 2), EmailAddress(" a@example.com ", 1)])
    drained(world, "person.created", 1)
    assert [mail.address for mail in world.crm.outbox] == ["a@example.com"]


@pytest.mark.row("F60")
def test_two_persons_with_one_address_get_one_mail(world: World) -> None:
    world.crm.add(1, email="shared@example.com")
    world.crm.add(2, email=" Shared@Example.com")
    drained(world, "person.created", 1, 2)
    assert len(world.crm.outbox) == 1
    assert told(world, 2) == "already_told"
    assert [one["person_id"] for one in world.rows("mail")] == [1]


@pytest.mark.row("F58")
@pytest.mark.parametrize("how", [{"deleted": True}, {"is_privacy": False}, {"name": "another"}])
def test_a_lost_template_sends_nothing_and_asks_a_human(world: World, how: dict[str, Any]) -> None:
    templates = tuple(replace(one, **how) for one in tenant_lists().templates)
    world.crm.listing = tenant_lists(templates=templates)
    world.crm.add(1)
    drained(world, "person.created", 1)
    assert told(world, 1) == "blocked_template"
    assert world.reviews() == [(1, "template", "notice13")]
    assert world.crm.store(1) == ("61F", "WEBFORM")
    assert duties(world) == [(1, "notice13", 13, None)]
    assert not world.crm.outbox

    world.crm.listing = tenant_lists()
    world.deliver("list.doctmpl.changed", 1)
    drained(world, "person.changed", 1)
    assert told(world, 1) == "sent"


def test_whom_the_crm_mails_by_itself_we_don_t(world: World) -> None:
    bjorn = world.crm.add(2, "CHAT", country="NO")
    drained(world, "person.created", bjorn)
    assert told(world, bjorn) == "crm_mails"
    assert world.crm.store(bjorn) == ("61F", "CHAT")
    assert duties(world) == [(bjorn, "notice13", 13, None)]
    for _ in range(2):
        with world.working() as work:
            look_up_due(work)
    assert world.crm.count("notice_archived") == 1
    assert duties(world) == [(bjorn, "notice13", 13, None)]

    world.crm.archive(bjorn, CHAT_TEMPLATE)
    world.settle()
    assert duties(world) == [(bjorn, "notice13", 13, "activity")]
    assert [one.person_id for one in world.journal("informed_by_crm")] == [bjorn]
    assert not world.crm.outbox


def test_whom_the_crm_has_told_is_not_told_again_when_the_source_changes(world: World) -> None:
    bjorn = world.crm.add(2, "CHAT")
    world.crm.archive(bjorn, CHAT_TEMPLATE)
    drained(world, "person.created", bjorn)
    world.settle()
    world.crm.write_row(bjorn, STORE, "61B", "CARD", by=IMPORTER, event=False)
    drained(world, "person.changed", bjorn)
    assert told(world, bjorn) == "already_told"
    assert not world.crm.outbox


def test_a_retelling_mail_goes_to_whoever_was_told_before(world: World) -> None:
    world.crm.add(1)
    drained(world, "person.created", 1)
    version = NORDIC.read_bytes().replace(b"privacy-notice-13, version: 1", b"privacy-notice-13, version: 2")
    world.activate(version)
    drained(world, "person.changed", 1)
    assert told(world, 1) == "already_told"
    world.activate(version.replace(b"version: 2,", b"version: 2, retell: true,"))
    drained(world, "person.changed", 1, 1)
    drained(world, "person.changed", 1)
    assert len(world.crm.outbox) == 2


# Withdrawal


@pytest.mark.row("F67")
@pytest.mark.parametrize("moment", ["set_consent", "best_language"])
def test_a_withdrawal_while_the_mail_is_on_its_way_stops_it(world: World, moment: str) -> None:
    world.crm.emit = world.deliver
    for one in (1, 2):
        world.crm.add(one)
    world.crm.on(moment, nth=2 if moment == "set_consent" else 1, after=lambda: world.crm.withdraw(1))
    drained(world, "person.created", 1, 2)
    assert [mail.person_id for mail in world.crm.outbox] == [2]
    assert "store_withdrawn" in {
        one.content["mail"] for one in world.journal("decision") if one.person_id == 1
    }
    assert not any(one["person_id"] == 1 for one in world.rows("mail"))


@pytest.mark.row("F67")
def test_a_withdrawal_right_after_another_was_looked_at_stops_the_mail(world: World) -> None:
    world.crm.emit = world.deliver
    world.crm.add(1, basis="61F")
    world.crm.on("best_language", after=lambda: world.crm.withdraw(1, "EMARKETING"))
    world.crm.on("read_consents", after=lambda: world.crm.withdraw(1))
    drained(world, "person.created", 1)
    assert not world.crm.outbox
    assert not world.rows("mail")


@pytest.mark.row("F67")
def test_a_withdrawal_of_something_else_does_not_cost_the_person_her_notice(world: World) -> None:
    world.crm.emit = world.deliver
    text = NORDIC.read_bytes().replace(
        b"{source: [WEBFORM, CHAT,", b"{event: created, source: [WEBFORM, CHAT,"
    )
    world.activate(text)
    world.crm.add(1)
    world.crm.on("best_language", after=lambda: world.crm.withdraw(1, "EMARKETING"))
    drained(world, "person.created", 1)
    assert len(world.crm.outbox) == 1


# Failures of the call


@pytest.mark.row("F32")
def test_a_mail_whose_reply_is_lost_is_found_in_the_archive(world: World) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", fail=failure(Retry, Fault.TRANSPORT), applied=True)
    drained(world, "person.created", 1)
    assert told(world, 1) == "sent"
    assert states(world) == ["sent"]
    assert [one.person_id for one in world.journal("mail_found")] == [1]
    assert duties(world) == [(1, "notice13", 13, "sent")]


@pytest.mark.row("F32")
@pytest.mark.parametrize("fault", [Fault.TRANSPORT, Fault.PROTOCOL, Fault.TRANSIENT])
def test_a_mail_that_is_nowhere_is_left_to_a_human_and_never_sent_again(world: World, fault: Fault) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", fail=failure(Retry, fault))
    event = world.deliver("person.created", 1)
    world.drain()
    assert told(world, 1) == "unknown"
    assert world.reasons() == {event: "effect"}
    world.settle()
    assert world.crm.count("send_notice") == 1
    assert world.crm.count("notice_archived") == 4  # at once, after 2, 10 and 15 minutes
    (mail,) = world.rows("mail")
    assert world.reviews() == [(1, "mail", str(mail["mail_id"]))]
    assert duties(world) == [(1, "notice13", 13, None)]

    drained(world, "person.changed", 1)
    assert told(world, 1) == "already_told"
    with world.turn() as turn:
        (item,) = reviews.listed(turn.session)
        reviews.settle(turn.session, turn.ledgers, item.review_id, reviews.Settlement.NOT_SENT, "asked her")
    world.drain()
    assert len(world.crm.outbox) == 1
    assert told(world, 1) == "sent"


@pytest.mark.row("F32")
def test_a_mail_that_appears_late_is_found(world: World) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", fail=failure(Retry, Fault.TRANSPORT))
    drained(world, "person.created", 1)
    world.advance(minutes=1)
    world.crm.archive(1, NOTICE_13)
    world.settle()
    assert states(world) == ["sent"]
    assert not world.reviews()


@pytest.mark.row("F32")
def test_what_certainly_was_not_asked_for_is_asked_for_again_under_the_same_claim(world: World) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", **UNSENT)
    world.deliver("person.created", 1)
    stopped(world, Retry)
    assert states(world) == ["held"]
    assert not world.crm.outbox
    world.advance(seconds=6)
    world.drain()
    assert states(world) == ["sent"]
    assert len(world.crm.outbox) == 1
    assert world.last_decision(1)["result"] == "effect"
    assert world.last_decision(1)["decisions"][0]["result"] == "written"


@pytest.mark.row("F32")
def test_a_crm_that_cannot_be_called_is_seen_before_the_claim(world: World) -> None:
    world.crm.add(1)
    world.crm.on("place", fail=failure(Park, Fault.TENANT_STATE, applied=Applied.NO, wait=60.0))
    world.deliver("person.created", 1)
    stopped(world, Park)
    assert not states(world)
    world.advance(seconds=61)
    world.drain()
    assert states(world) == ["sent"]
    assert len(world.crm.outbox) == 1


def test_a_held_mail_whose_address_has_changed_is_not_sent_blindly(world: World) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", **UNSENT)
    world.deliver("person.created", 1)
    stopped(world, Retry)
    world.crm.change(1, emails=(EmailAddress("other@example.com", 1),))
    world.advance(seconds=6)
    world.drain()
    assert told(world, 1) == "unknown"
    world.settle()
    assert [kind for _, kind, _ in world.reviews()] == ["mail"]
    assert not world.crm.outbox


def test_a_held_mail_waits_for_what_hinders_it(world: World) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", **UNSENT)
    world.deliver("person.created", 1)
    stopped(world, Retry)
    world.crm.change(1, emails=())
    world.advance(seconds=6)
    world.drain()
    assert told(world, 1) == "no_address"
    world.crm.change(1, emails=(EmailAddress("person1@example.com", 1),))
    drained(world, "person.changed", 1)
    assert told(world, 1) == "sent"
    assert len(world.crm.outbox) == 1


def test_a_claim_of_another_version_is_settled_before_anything_else_is_sent(world: World) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", **UNSENT)
    world.deliver("person.created", 1)
    stopped(world, Retry)
    with world.turn() as turn:  # given up by hand
        (inbox_id,) = (one.inbox_id for one in world.events("open"))
        turn.ledgers.inbox.dead([inbox_id], "by hand")
    world.activate(
        NORDIC.read_bytes().replace(b"privacy-notice-13, version: 1", b"privacy-notice-13, version: 2")
    )
    drained(world, "person.changed", 1)
    assert told(world, 1) == "unknown"
    assert not world.crm.outbox


@pytest.mark.row("F58")
def test_a_refused_mail_is_left_to_a_human_and_stops_nobody(world: World) -> None:
    for one in (1, 2):
        world.crm.add(one)
    world.crm.on("send_notice", fail=failure(NeedsHuman, Fault.VALIDATION, applied=Applied.NO))
    drained(world, "person.created", 1, 2)
    assert told(world, 1) == "refused_validation"
    assert world.reviews() == [(1, "failed", "notice13")]
    assert states(world) == ["held", "sent"]
    assert not world.events("open")


def test_a_duplicate_said_of_a_mail_is_a_refusal(world: World) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", fail=failure(NoOp, Fault.DUPLICATE, applied=Applied.NO))
    drained(world, "person.created", 1)
    assert told(world, 1) == "refused_duplicate"


@pytest.mark.parametrize(("kind", "fault"), [(NeedsHuman, Fault.VALIDATION), (NoOp, Fault.NOT_FOUND)])
def test_a_language_that_the_crm_can_t_tell_is_chosen_by_us(
    world: World, kind: type[CrmFailure], fault: Fault
) -> None:
    world.crm.add(1, country="SE")
    world.activate(NORDIC.read_bytes().replace(b"fallback: en}", b"fallback: sv}"))
    world.crm.on("best_language", fail=failure(kind, fault))
    drained(world, "person.created", 1)
    assert [mail.lcid for mail in world.crm.outbox] == [1053]


def test_the_crm_s_language_is_taken(world: World) -> None:
    world.crm.add(1, country="DK")
    world.crm.languages[1] = "DA"
    drained(world, "person.created", 1)
    assert [mail.lcid for mail in world.crm.outbox] == [1030]


@pytest.mark.parametrize("fault", [Fault.TRANSIENT, Fault.PROTOCOL])
def test_a_failure_before_the_claim_leaves_nothing_behind(world: World, fault: Fault) -> None:
    for one in (1, 2):
        world.crm.add(one)
    world.crm.on("best_language", fail=failure(Retry, fault))
    world.deliver_all("person.created", (1, 2))
    if fault is Fault.PROTOCOL:
        world.drain()
        assert told(world, 2) == "sent"
    else:
        stopped(world, Retry)
        assert not states(world)
    world.advance(seconds=6)
    world.drain()
    assert [told(world, one) for one in (1, 2)] == ["sent", "sent"]
    assert world.crm.writes == 2


def test_a_park_while_telling_is_no_attempt(world: World) -> None:
    world.crm.add(1)
    world.crm.on("best_language", fail=failure(Park, Fault.AUTHORIZATION_LOST))
    world.deliver("person.created", 1)
    stopped(world, Park)
    assert [one.attempts for one in world.events("open")] == [0]


@pytest.mark.row("F63")
def test_a_person_who_is_gone_when_she_is_told_stops_nobody(world: World) -> None:
    for one in (1, 2):
        world.crm.add(one)
    world.crm.on("send_notice", before=lambda: world.crm.soft_delete(1))
    drained(world, "person.created", 1, 2)
    assert [mail.person_id for mail in world.crm.outbox] == [2]
    assert told(world, 1) is None
    assert world.last_decision(1)["result"] == "effect"
    assert duties(world) == [(1, "notice13", 13, "gone"), (2, "notice13", 13, "sent")]
    assert not world.reviews()
    assert not world.events("open")


@pytest.mark.row("F64")
def test_whoever_was_told_and_comes_back_is_not_told_again(world: World) -> None:
    world.crm.add(1)
    drained(world, "person.created", 1)
    world.crm.soft_delete(1)
    drained(world, "person.softdeleted", 1)
    world.crm.undelete(1)
    drained(world, "person.changed", 1)
    assert len(world.crm.outbox) == 1
    assert told(world, 1) == "already_told"


@pytest.mark.row("F64")
def test_whoever_was_deleted_before_the_mail_is_told_after_she_came_back(world: World) -> None:
    world.crm.add(1)
    world.crm.on("send_notice", before=lambda: world.crm.soft_delete(1))
    drained(world, "person.created", 1)
    world.crm.undelete(1)
    drained(world, "person.changed", 1)
    assert len(world.crm.outbox) == 1
    assert states(world) == [MailState.SENT]
