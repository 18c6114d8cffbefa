"""Notices that a mail server carries: the promises of telling hold as they do for the CRM's own mail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from so_privacy_ext.cli import explained_past
from so_privacy_ext.errors import Fault
from so_privacy_ext.model import EmailAddress, NoMail, PersonId
from so_privacy_ext.processing.recording import WAITS
from so_privacy_ext.rules.wording import wording
from so_privacy_ext.storage import reviews, tenants
from so_privacy_kit.mail_server import MailServer
from tests.unit.processing.fake_crm import NOTICE_13
from tests.unit.processing.letters import Gone, Killed, by_channel, carrier
from tests.unit.processing.test_expiring import ends, look, renewals, rules, said_yes
from tests.unit.processing.test_telling import drained, duties, states, told
from tests.unit.processing.world import NORDIC, World, drain_all


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def world(world: World, server: MailServer) -> World:
    world.activate(by_channel())
    world.channels = {"smtp": carrier(world, server)}
    return world


def addresses(server: MailServer) -> list[str]:
    return [one.to for one in server.received]


def again(world: World) -> None:
    """Go on after what was put off has waited."""
    world.advance(seconds=WAITS[-1])
    world.drain()


def test_a_notice_goes_by_the_mail_server_and_closes_the_duty(world: World, server: MailServer) -> None:
    world.crm.add(1)
    drained(world, "person.created", 1)

    assert (told(world, 1), states(world), duties(world)) == ("sent", ["sent"], [(1, "notice13", 13, "sent")])
    assert world.crm.count("send_notice", "best_language", "notice_archived") == 0
    (mail,), (claim,) = server.received, world.rows("mail")
    assert (claim["channel"], claim["template_id"]) == ("smtp", 0)
    assert mail.to == "person1@example.com"
    assert str(mail.mail["Message-ID"]).startswith(f"<so-privacy.{claim['mail_id']}.")
    assert mail.text.strip() == "da: see <Eksempel A/S> & dpo@example.com"
    assert "<p>da: see &lt;Eksempel A/S&gt; &amp; dpo@example.com</p>" in mail.html
    assert not [one for one in world.journal() if "person1@" in str(one.content)]


@pytest.mark.parametrize(
    ("country", "language", "told_in"), [("DK", 0, "da"), ("GB", 0, "en"), ("DK", 2, "nb"), ("NO", 0, "nb")]
)
def test_a_person_reads_her_own_language_or_the_fallback(
    world: World, server: MailServer, country: str, language: int, told_in: str
) -> None:
    world.crm.add(1, country=country, language=language)
    drained(world, "person.created", 1)
    (mail,) = server.received
    assert (mail.mail["Subject"], mail.mail["Content-Language"]) == (f"{told_in} Eksempel A/S", told_in)


def test_whoever_comes_twice_is_told_once(world: World, server: MailServer) -> None:
    for person in (1, 2):
        world.crm.add(person, emails=(EmailAddress("both@example.com", 1),))
    for _ in range(2):
        drained(world, "person.created", 1, 2)
        drained(world, "person.changed", 1, 2)
    assert addresses(server) == ["both@example.com"]


@pytest.mark.row("F32")
@pytest.mark.parametrize("step", ["connect", "STARTTLS", "MAIL", "RCPT", "DATA", "content"])
def test_what_was_certainly_not_sent_goes_again_under_the_same_claim(
    world: World, server: MailServer, step: str
) -> None:
    server.answers[step] = "450 later"
    for person in (1, 2):
        world.crm.add(person)
        world.deliver("person.created", person)
    world.drain()  # nobody else waits for it, and no consent
    assert (states(world), server.received) == (["held", "held"], [])
    assert world.crm.writes == 2
    assert [one.reason for one in world.events("open")] == [Fault.CHANNEL, Fault.CHANNEL]

    server.answers.clear()
    again(world)
    assert (states(world), addresses(server)) == (
        ["sent", "sent"],
        ["person1@example.com", "person2@example.com"],
    )
    claims = [one["mail_id"] for one in world.rows("mail")]
    ids = [str(one.mail["Message-ID"]) for one in server.received]
    assert [int(one.split(".")[1]) for one in ids] == claims
    assert [told(world, one) for one in (1, 2)] == ["sent", "sent"]


@pytest.mark.row("F58")
def test_a_letter_that_is_refused_for_good_is_left_to_a_human(world: World, server: MailServer) -> None:
    server.answers["RCPT"] = "550 nobody here"
    world.crm.add(1)
    drained(world, "person.created", 1)
    assert told(world, 1) == "refused_channel_refused"
    assert (states(world), world.reviews()) == (["held"], [(1, "failed", "notice13")])
    assert duties(world) == [(1, "notice13", 13, None)]
    assert not world.events("open")


def why(world: World) -> list[tuple[str, int | None, str]]:
    """Give what the journal says of notices that have not gone: kind, person, channel and fault."""
    return [
        (one.kind, one.person_id, f"{one.content['channel']} {one.content['fault']}: {one.content['why']}")
        for one in world.journal()
        if one.kind in {"mail_held", "mail_unknown"}
    ]


def explained(world: World, person_id: int) -> list[str]:
    with world.turn() as turn:
        past = explained_past.of(turn.session, PersonId(person_id))
    return [line.strip() for line in explained_past.lines(past, wording("en")) if "channel" in line]


def test_the_journal_and_explain_say_why_she_was_not_told(world: World, server: MailServer) -> None:
    server.answers["RCPT"] = "450 later"
    world.crm.add(1)
    drained(world, "person.created", 1)
    later = "the server refuses the recipient, and says 450"
    held = ("mail_held", 1, f"smtp channel: {later}")
    assert why(world) == [held]
    assert explained(world, 1) == [f"By the channel smtp; channel: {later}."]
    again(world)
    assert why(world) == [held]  # the same again is no news

    server.answers["RCPT"] = "550 nobody here"
    again(world)
    never = "the server refuses the recipient, and says 550"
    assert why(world) == [held, ("mail_held", 1, f"smtp channel_refused: {never}")]
    assert explained(world, 1) == [f"By the channel smtp; channel_refused: {never}."]


def test_the_journal_says_that_nobody_knows_and_explain_forgets_it_with_the_mail(
    world: World, server: MailServer
) -> None:
    server.answers["content"] = ""
    world.crm.add(1)
    drained(world, "person.created", 1)
    lost = "the connection was lost before the answer"
    assert why(world) == [("mail_unknown", 1, f"smtp channel: {lost}")]
    assert explained(world, 1) == [f"By the channel smtp; channel: {lost}."]
    server.answers.clear()
    world.crm.add(2)
    world.channels = {}
    drained(world, "person.created", 2)
    assert explained(world, 2) == ["By the channel smtp; channel: there is no channel smtp for this tenant."]
    world.channels = {"smtp": carrier(world, server)}
    again(world)
    assert explained(world, 2) == []


@pytest.mark.row("F32")
def test_a_letter_of_which_nobody_knows_is_left_to_a_human_and_never_goes_again(
    world: World, server: MailServer
) -> None:
    server.answers["content"] = ""
    world.crm.add(1)
    drained(world, "person.created", 1)
    assert (told(world, 1), states(world)) == ("unknown", ["unknown"])
    server.answers.clear()
    world.advance(minutes=14)
    drained(world, "person.changed", 1)
    look_ups(world)
    assert not world.reviews()
    world.settle()

    assert len(server.received) == 1
    assert world.crm.count("notice_archived") == 0
    (claim,) = world.rows("mail")
    with world.turn() as turn:
        (item,) = reviews.listed(turn.session)
        shown = reviews.shown(turn.session, item.review_id)
    name = str(server.received[0].mail["Message-ID"]).strip("<>").partition("@")[0]
    assert (item.kind, item.subject) == ("mail", str(claim["mail_id"]))
    assert shown.detail == {"mail": "notice13", "version": 1, "channel": "smtp", "message_id": name}

    with world.turn() as turn:
        reviews.settle(
            turn.session, turn.ledgers, item.review_id, reviews.Settlement.NOT_SENT, "not in its log"
        )
    world.drain()
    assert len(server.received) == 2


def look_ups(world: World) -> None:
    with world.working() as work:
        drain_all(work)


@pytest.mark.row("F50")
@pytest.mark.parametrize("after", [False, True])
def test_killed_around_the_call_it_is_left_to_a_human(
    world: World, server: MailServer, *, after: bool
) -> None:
    world.channels = {"smtp": Killed(carrier(world, server), after)}
    world.crm.add(1)
    world.deliver("person.created", 1)
    with pytest.raises(Gone):
        world.drain()
    assert (states(world), len(server.received)) == (["claimed"], int(after))
    world.settle()
    world.settle()
    assert (states(world), len(server.received)) == (["unknown"], int(after))
    assert [kind for _, kind, _ in world.reviews()] == ["mail"]
    assert told(world, 1) == "unknown"


def test_a_channel_that_is_not_there_holds_the_notice_and_nobody_up(world: World, server: MailServer) -> None:
    there, world.channels = world.channels, {}
    for person in (1, 2):
        world.crm.add(person)
        world.deliver("person.created", person)
    world.drain()
    assert (states(world), world.crm.writes) == (["held", "held"], 2)
    assert [one["how"] for one in world.rows("duty")] == [None, None]

    world.channels = there
    again(world)
    assert (states(world), len(server.received)) == (["sent", "sent"], 2)


def test_after_a_day_of_failures_a_human_is_asked(world: World, server: MailServer) -> None:
    server.answers["RCPT"] = "450 later"
    world.crm.add(1)
    world.deliver("person.created", 1)
    for _ in range(len(WAITS) + 1):
        again(world)
    assert world.reviews() == [(1, "failed", "")]
    assert (states(world), [one.state for one in world.events()]) == (["held"], ["dead"])
    assert [one.content["fault"] for one in world.journal("given_up")] == [Fault.CHANNEL]


def test_a_held_notice_goes_by_the_channel_that_the_manifest_names_now(
    world: World, server: MailServer
) -> None:
    server.answers["RCPT"] = "450 later"
    world.crm.add(1)
    drained(world, "person.created", 1)
    with world.turn() as turn:  # given up by hand; until then the manifest that decided is gone on by
        turn.ledgers.inbox.dead([one.inbox_id for one in world.events("open")], "by hand")
    world.activate(NORDIC.read_bytes())
    drained(world, "person.changed", 1)
    assert (states(world), [mail.template_id for mail in world.crm.outbox]) == (["sent"], [NOTICE_13])
    (claim,) = world.rows("mail")
    assert (claim["channel"], claim["template_id"]) == ("crm", NOTICE_13)
    again(world)
    assert not server.received


@pytest.mark.row("F78")
@pytest.mark.parametrize("held", [False, True])
def test_whoever_may_have_been_told_in_a_time_that_is_forgotten_is_left_to_a_human(
    world: World, server: MailServer, *, held: bool
) -> None:
    server.answers["RCPT"] = "450 later"
    person = world.crm.add(1)
    if held:
        drained(world, "person.created", person)
    server.answers.clear()
    with world.turn() as turn:
        tenants.database_restored(turn.session, turn.ledgers, world.clock.now())
    world.deliver("person.changed", person)
    again(world)
    mails = [one.content["mail"] for one in world.journal("decision")]
    assert (mails[0], states(world)) == ("unknown", ["unknown"])
    assert [kind for _, kind, _ in world.reviews()] == ["mail"]
    assert not server.received


@pytest.mark.row("F78")
def test_whoever_the_crm_has_told_meanwhile_is_told_already(world: World, server: MailServer) -> None:
    person = world.crm.add(1)
    world.crm.archive(person, NOTICE_13)
    with world.turn() as turn:
        tenants.database_restored(turn.session, turn.ledgers, world.clock.now())
    drained(world, "person.changed", person)
    assert (told(world, person), server.received) == (NoMail.ALREADY_TOLD, [])


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_renewal_waits_for_the_mail_server_and_holds_nothing_up(
    world: World, server: MailServer, step: str
) -> None:
    text = "{subject: Again, body: Again}"
    mail = f"{{channel: smtp, version: 1, retell: true, texts: {{da: {text}, en: {text}}}}}".encode()
    world.activate(rules().replace(b"{template: privacy-notice-13, version: 1, retell: true}", mail))
    anna = said_yes(world)
    world.advance(days=690)
    server.answers[step] = "450 later"
    assert look(world) == 60.0
    assert (renewals(world), states(world)) == ([], ["held"])
    server.answers.clear()
    look(world)
    look(world)
    assert (renewals(world), states(world), len(server.received)) == (["sent"], ["sent"], 1)
    assert [person for person, *_ in ends(world)] == [anna]
