"""What was given for a time ends at that time, is renewed by the person alone, and is never a withdrawal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, Fault, NeedsHuman, NoOp, Park, Retry
from so_privacy_ext.model import STORE, PersonId
from so_privacy_ext.processing import expiring
from so_privacy_ext.processing.expiring import LONGEST, SHORTEST, end_due
from so_privacy_ext.proof.verdict import Why, verdict
from tests.unit.processing.fake_crm import HUMAN, IMPORTER, PORTAL, failure
from tests.unit.processing.world import World

RULES = """
manifest: 1
name: with-ends
jurisdiction: {{home: {home}}}
languages: {{enabled: [da, en], fallback: en}}
sources:
  WEBFORM: {{type: digital, article: 13, carries_consent: true}}
  VENDOR: {{type: system, article: 14}}
  API: {{type: system, article: 14}}
legal_bases: [61A, 61B, 61F, WITHDRAWN]
purposes:
  STORE: {{allowed: [61B, 61F]{store}}}
  EMARKETING: {{allowed: [61A], expires: P24M, renew_before: P60D, renew: again{more}}}
  NEWSLETTER: {{parent: EMARKETING, allowed: [61A]}}
mails:
  again: {{template: privacy-notice-13, version: 1, retell: true}}
rules:
  - {{id: bought, when: {{source: VENDOR}}, give: {{STORE: {{basis: 61F, expires: P12M}}}}, because: "is"}}
  - {{id: rest, when: always, give: {{STORE: keep, EMARKETING: keep}}, because: "All others."}}
"""


def rules(store: str = "", more: str = "", home: str = "DK") -> bytes:
    return RULES.format(store=store, more=more, home=home).encode()


@pytest.fixture
def ending(world: World) -> World:
    world.activate(rules())
    return world


def look(world: World) -> float:
    with world.working() as work:
        return end_due(work)


def ends(world: World) -> list[tuple[int, str, str, str | None]]:
    return [(row["person_id"], row["purpose"], row["basis"], row["how"]) for row in world.rows("consent_end")]


def expired(world: World) -> list[tuple[int | None, str, str]]:
    return [
        (one.person_id, one.content["purpose"], one.content["at_end"]) for one in world.journal("expired")
    ]


def renewals(world: World) -> list[str]:
    return [one.content["how"] for one in world.journal("renewal")]


def bought(world: World, number: int = 1) -> PersonId:
    person_id = world.crm.add(number, "VENDOR")
    world.deliver("person.created", person_id)
    world.drain()
    return person_id


def said_yes(world: World, number: int = 1, country: str = "DK", purpose: str = "EMARKETING") -> PersonId:
    person_id = world.crm.add(number, "WEBFORM", country=country)
    world.crm.write_row(person_id, purpose, "61A", "WEBFORM", by=PORTAL)
    world.deliver("person.created", person_id)
    world.drain()
    return person_id


def may(world: World, person_id: PersonId, purpose: str = "EMARKETING") -> Why:
    with world.working() as work:
        person = work.crm.read_persons([person_id])[person_id]
        return verdict(
            purpose,
            work.clock.now(),
            stands={key: row.basis for key, row in person.consents.items()},
            parents=work.manifest.parents,
            ends={one.purpose: one.ends_at for one in work.ledgers.ends.of(person_id)},
        ).why


def test_what_we_gave_for_a_time_ends_in_the_journal_and_not_in_the_crm(ending: World) -> None:
    anna = bought(ending)
    assert ends(ending) == [(anna, STORE, "61F", None)]
    ending.advance(days=364)
    assert (look(ending), expired(ending), may(ending, anna, STORE)) == (LONGEST, [], Why.GIVEN)

    ending.advance(days=2)
    assert may(ending, anna, STORE) is Why.EXPIRED  # at that time, whether or not anybody has looked
    look(ending)

    assert (expired(ending), ends(ending)) == ([(anna, STORE, "keep")], [(anna, STORE, "61F", "expired")])
    content = ending.journal("expired")[0].content
    assert set(content) == {"purpose", "basis", "source", "since", "ended_at", "at_end", "manifest"}
    since, ended = (datetime.fromisoformat(content[key]) for key in ("since", "ended_at"))
    assert timedelta(days=364) < ended - since < timedelta(days=367)
    assert (ending.crm.store(anna), ending.crm.writes) == (("61F", "VENDOR"), 1)
    look(ending)
    assert len(expired(ending)) == 1


def test_no_replay_starts_the_time_anew_and_none_gives_what_is_over(ending: World) -> None:
    anna = bought(ending)
    first = ending.rows("consent_end")[0]["ends_at"]
    for days in (100, 200, 70):
        ending.advance(days=days)
        ending.crm.write_row(anna, STORE, "61B", "VENDOR", by=ending.crm.own, comment="so-privacy other")
        ending.deliver("person.changed", anna)
        ending.drain()
        look(ending)
    assert ending.rows("consent_end")[0]["ends_at"] == first
    assert ending.crm.store(anna) == ("61B", "VENDOR")  # the rule would give 61F, which is over
    assert ending.last_decision(anna)["decisions"][0]["result"] == "expired"
    assert ending.crm.writes == 3  # the last of the four times it was over


def test_the_manifest_may_have_another_basis_for_what_is_over(world: World) -> None:
    world.activate(rules(store=", at_end: {basis: 61B}"))
    anna = bought(world)
    world.advance(days=367)
    look(world)
    assert expired(world) == [(anna, STORE, "61B")]
    world.drain()
    assert world.crm.store(anna) == ("61B", "VENDOR")

    for name in ("person.changed", "person.consented"):
        world.deliver(name, anna)
    world.drain()
    assert (world.crm.store(anna), world.crm.writes) == (("61B", "VENDOR"), 2)
    assert ends(world) == [(anna, STORE, "61F", "expired")]


def test_what_ends_while_a_ruling_is_interrupted_has_the_rest_ruled_on_anew(world: World) -> None:
    both = rules().replace(b"expires: P12M}}", b"expires: P12M}, EMARKETING: {basis: 61A}}")
    world.activate(both)
    anna = bought(world)
    world.advance(days=364)
    for purpose in (STORE, "EMARKETING"):
        world.crm.write_row(anna, purpose, "61B", "VENDOR", by=IMPORTER, event=False)
    world.crm.on("set_consent", nth=2, fail=failure(Retry, Fault.TRANSPORT))
    world.deliver("person.changed", anna)
    with pytest.raises(Retry):
        world.drain()
    assert world.crm.store(anna)[0] == "61F"

    world.advance(days=3)
    world.settle()
    interrupted = [one.content for one in world.journal("decision")][1]
    results = {one["purpose"]: one["result"] for one in interrupted["decisions"]}
    assert results == {STORE: "written", "EMARKETING": "overtaken"}
    assert world.last_decision(anna)["decisions"][0]["result"] == "expired"


def test_the_manifest_may_leave_the_end_to_a_human(world: World) -> None:
    world.activate(rules(store=", at_end: review"))
    anna = bought(world)
    world.advance(days=367)
    look(world)

    assert world.reviews() == [(anna, "purpose", STORE)]
    assert world.crm.store(anna) == ("61F", "VENDOR")


def test_a_consent_of_hers_is_renewed_by_mail_once_and_ends(ending: World) -> None:
    anna = said_yes(ending)
    ending.advance(days=660)
    assert (look(ending) >= SHORTEST, ending.crm.outbox) == (True, [])

    ending.advance(days=20)
    look(ending)
    look(ending)
    ending.deliver("person.changed", anna)
    ending.drain()
    look(ending)
    assert (len(ending.crm.outbox), renewals(ending)) == (1, ["sent"])
    assert may(ending, anna) is Why.GIVEN

    ending.advance(days=60)
    look(ending)
    look(ending)
    assert (len(ending.crm.outbox), expired(ending)) == (1, [(anna, "EMARKETING", "keep")])
    assert may(ending, anna) is Why.EXPIRED
    assert ending.crm.rows[anna]["EMARKETING"].basis == "61A"


def test_only_her_own_act_renews(ending: World) -> None:
    anna = said_yes(ending)
    ending.advance(days=700)
    ending.crm.write_row(anna, "EMARKETING", "61A", "WEBFORM", by=PORTAL)  # she says yes again
    look(ending)
    assert (ending.crm.outbox, expired(ending)) == ([], [])
    ending.advance(days=100)
    look(ending)
    assert (expired(ending), may(ending, anna)) == ([], Why.GIVEN)

    ending.advance(days=660)
    look(ending)
    assert expired(ending) == [(anna, "EMARKETING", "keep")]
    ending.crm.write_row(anna, "EMARKETING", "61A", "WEBFORM", by=PORTAL)
    ending.deliver("person.consented", anna)
    ending.drain()
    assert (ends(ending), may(ending, anna)) == ([(anna, "EMARKETING", "61A", None)], Why.GIVEN)


def test_a_child_has_the_period_of_what_it_is_part_of(ending: World) -> None:
    anna = said_yes(ending, purpose="NEWSLETTER")
    ending.advance(days=732)
    look(ending)

    assert expired(ending) == [(anna, "NEWSLETTER", "keep")]


def test_who_has_said_no_meanwhile_has_nothing_that_ends(ending: World) -> None:
    anna = said_yes(ending)
    ending.crm.withdraw(anna, "EMARKETING")
    ending.advance(days=680)
    look(ending)
    assert ending.crm.outbox == []
    ending.advance(days=60)
    look(ending)

    assert (expired(ending), ends(ending)) == ([], [(anna, "EMARKETING", "61A", "moot")])
    assert may(ending, anna) is Why.WITHDRAWN


def test_what_a_human_has_written_over_is_the_humans(ending: World) -> None:
    anna, bo = bought(ending, 1), bought(ending, 2)
    ending.crm.write_row(anna, STORE, "61F", "VENDOR", by=HUMAN)
    del ending.crm.rows[bo][STORE]
    ending.advance(days=367)
    look(ending)

    assert [how for *_, how in ends(ending)] == ["moot", "moot"]


def test_who_is_gone_has_no_end(ending: World) -> None:
    anna, bo = said_yes(ending, 1), said_yes(ending, 2)
    ending.crm.soft_delete(anna)
    ending.crm.soft_delete(bo)
    ending.deliver("person.softdeleted", bo)
    ending.drain()
    assert [person for person, *_ in ends(ending)] == [anna]
    ending.advance(days=732)
    look(ending)

    assert (ends(ending), expired(ending)) == ([], [])


@pytest.mark.parametrize(("home", "country"), [("DK", "NO"), ("SE", "DK"), ("SE", "")])
def test_nobody_is_asked_where_no_law_says_that_she_may_be(world: World, home: str, country: str) -> None:
    world.activate(rules(home=home))
    said_yes(world, country=country)
    world.advance(days=690)
    look(world)

    assert (world.crm.outbox, renewals(world)) == ([], ["not_allowed"])


def test_nobody_is_asked_who_is_not_told_anything(world: World) -> None:
    world.activate(rules())
    anna = world.crm.add(1, registered=world.clock.now() - timedelta(days=30))
    bo = world.crm.add(2, email=None)
    for one in (anna, bo):
        world.crm.write_row(one, "EMARKETING", "61A", "WEBFORM", by=PORTAL)
    said_yes(world, 3)
    world.crm.withdraw(3, STORE)
    world.deliver_all("person.created", (1, 2))
    world.drain()
    world.advance(days=690)
    look(world)

    assert (world.crm.outbox, sorted(renewals(world))) == ([], ["before_start", "no_address", "not_alive"])


def test_a_renewal_whose_reply_is_lost_is_looked_up_and_not_sent_again(ending: World) -> None:
    anna = said_yes(ending)
    ending.advance(days=690)
    ending.crm.on("send_notice", fail=failure(Retry, Fault.TRANSPORT), applied=True)
    look(ending)
    look(ending)

    assert (len(ending.crm.outbox), renewals(ending)) == (1, ["sent"])
    assert [row["mail"][:6] for row in ending.rows("mail")] == ["again "]
    assert anna == ending.crm.outbox[0].person_id


def test_a_renewal_that_was_never_asked_for_is_asked_for_under_the_same_claim(ending: World) -> None:
    said_yes(ending)
    ending.advance(days=690)
    ending.crm.on("send_notice", fail=failure(Park, Fault.TENANT_STATE, applied=Applied.NO))
    with pytest.raises(Park):
        look(ending)
    assert renewals(ending) == []
    look(ending)

    assert (len(ending.crm.outbox), renewals(ending), len(ending.rows("mail"))) == (1, ["sent"], 1)


def test_a_crm_that_fails_before_a_renewal_is_asked_for_stops_the_look(ending: World) -> None:
    said_yes(ending)
    ending.advance(days=690)
    ending.crm.on("best_language", fail=failure(Retry, Fault.TRANSPORT))
    with pytest.raises(Retry):
        look(ending)
    look(ending)

    assert (len(ending.crm.outbox), renewals(ending)) == (1, ["sent"])


def test_an_interrupted_renewal_is_looked_up(ending: World) -> None:
    class Killed(BaseException):
        pass

    said_yes(ending)
    ending.advance(days=690)
    ending.crm.on("send_notice", fail=Killed(), applied=True)
    with pytest.raises(Killed):
        look(ending)
    look(ending)

    assert (len(ending.crm.outbox), renewals(ending)) == (1, ["sent"])


def test_a_renewal_that_was_noted_as_sent_and_not_here_is_not_sent_again(
    ending: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said_yes(ending)
    ending.advance(days=690)
    with ending.working() as work:
        monkeypatch.setattr(work.ledgers.ends, "asked", lambda *_: None)
        end_due(work)
    monkeypatch.undo()
    look(ending)

    assert (len(ending.crm.outbox), renewals(ending)) == (1, ["sent", "sent"])


def test_a_refused_renewal_is_told_and_not_repeated(ending: World) -> None:
    said_yes(ending)
    ending.advance(days=690)
    ending.crm.on("send_notice", fail=failure(NeedsHuman, Fault.VALIDATION, applied=Applied.NO))
    look(ending)
    look(ending)

    assert (ending.crm.outbox, renewals(ending)) == ([], ["refused_validation"])


def test_who_goes_in_the_middle_of_it_is_left_to_her_event(ending: World) -> None:
    said_yes(ending)
    ending.advance(days=690)
    ending.crm.on("send_notice", fail=failure(NoOp, Fault.NOT_FOUND))
    look(ending)

    assert (ending.crm.outbox, renewals(ending)) == ([], [])


def test_another_tenant_comes_in_between(ending: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [bought(ending, number) for number in (1, 2, 3)]
    ending.advance(days=367)
    answers: Iterator[bool] = iter((False, True))
    with ending.working(must_yield=lambda: next(answers)) as work:
        assert end_due(work) == 0.0
    assert len(expired(ending)) == 2
    monkeypatch.setattr(expiring, "SLICE", 1)
    assert look(ending) == 0.0

    assert {person for person, *_ in expired(ending)} == set(people)


def test_a_purpose_that_the_manifest_has_no_more_still_ends(ending: World) -> None:
    anna = bought(ending)
    other: Any = (
        rules()
        .replace(b"STORE: keep, ", b"")
        .replace(b"STORE: {basis: 61F, expires: P12M}", b"RECRUIT: none")
    )
    other = other.replace(b"  STORE: {allowed: [61B, 61F]}\n", b"  RECRUIT: {allowed: [61A]}\n")
    ending.activate(other)
    ending.advance(days=367)
    look(ending)

    assert expired(ending) == [(anna, STORE, "keep")]


def test_a_longer_period_moves_the_end_of_what_is_alive(ending: World) -> None:
    anna = said_yes(ending)
    ending.activate(rules().replace(b"P24M", b"P36M"))
    ending.advance(days=732)
    look(ending)
    assert (expired(ending), ending.crm.outbox) == ([], [])
    ending.advance(days=365)
    look(ending)

    assert expired(ending) == [(anna, "EMARKETING", "keep")]


def test_a_forgotten_no_counts_for_all_that_is_part_of_what_it_was_said_to(world: World) -> None:
    world.activate(rules().replace(b"EMARKETING: keep}", b"NEWSLETTER: {basis: 61A, source: API}}"))
    anna, bo = said_yes(world, 1), world.crm.add(2, "WEBFORM")
    world.crm.withdraw(anna, "EMARKETING")
    world.deliver("person.unconsented", anna)
    world.drain()
    world.crm.merge(anna, bo)
    for purpose in ("EMARKETING", "NEWSLETTER"):
        del world.crm.rows[bo][purpose]  # SuperOffice has forgotten it
    world.deliver("person.deleted", anna)
    world.drain()

    results = {one["purpose"]: one["result"] for one in world.last_decision(bo)["decisions"]}
    assert (results["NEWSLETTER"], "NEWSLETTER" in world.crm.rows[bo]) == ("withdrawn_before", False)
