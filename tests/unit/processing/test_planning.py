"""Plans: exactly what the next turn would do, for everybody, and nothing of it done."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from so_privacy_ext.model import STORE, AddressHash, EmailAddress, LastIds, NoMail, PersonId
from so_privacy_ext.processing.list_digest import lists_digest
from so_privacy_ext.processing.planned import PlanHead, PlannedPerson, PlannedWrite, RuleCount, Standing
from so_privacy_ext.processing.planning import Tally, as_told, plan_persons
from so_privacy_ext.processing.unheard import Heard
from so_privacy_ext.storage import registers
from tests.unit.processing.fake_crm import BOT, HUMAN, IMPORTER, PORTAL, tenant_lists
from tests.unit.processing.world import NORDIC, World

EVER = datetime(2000, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2024, 5, 1, 12, tzinfo=UTC)


def plan(world: World, tell_from: datetime | None = None) -> tuple[dict[int, PlannedPerson], PlanHead]:
    """Plan everybody by the active manifest, twice: asking of everybody, and of those who are known alone."""
    tally, other = Tally(), Tally()
    with world.turn() as turn:
        plain = world.work(turn)
        work = replace(plain, tenant=as_told(plain.tenant, tell_from))
        read = work.crm.read_persons([PersonId(one) for one in sorted(world.crm.persons)])
        found = list(plan_persons(work, read.values(), tally))

        def heard_of(persons: Sequence[PersonId], addresses: Sequence[AddressHash], /) -> Heard:
            return Heard(*registers.heard_of(turn.session, turn.tenant.epoch, persons, addresses))

        assert list(plan_persons(work, read.values(), other, heard_of)) == found
        assert other == tally
        head = tally.head(
            work.manifest,
            tenant=work.tenant,
            lists=work.crm.lists(),
            made_at=work.clock.now(),
            last_ids=LastIds(9, 9, 9),
            tell_from=tell_from,
        )
    return {one.person_id: one for one in found}, head


def count(head: PlanHead, rule_id: str) -> RuleCount:
    return next(one for one in head.rules if one.rule_id == rule_id)


def test_what_is_to_be_written_and_over_what(world: World) -> None:
    anna = world.crm.add(1, "ERP", registered=LONG_AGO)
    found, head = plan(world)
    assert found == {
        anna: PlannedPerson(
            anna,
            world.crm.read_persons([anna])[anna].mark,
            {STORE: Standing("61B", "ERP", 0)},
            {STORE: "erp", "ACCOUNTING": "erp"},
            writes=(
                PlannedWrite(STORE, "erp", "61F", "ERP"),
                PlannedWrite("ACCOUNTING", "erp", "61C", "ERP"),
            ),
            mail_rule="erp",
            no_mail=NoMail.BEFORE_START,
        )
    }
    assert count(head, "erp") == RuleCount("erp", gets=1, changes=1, touched=1, max_changes="5%")
    assert (head.persons, head.no_mail, head.broken) == (1, {"before_start": 1}, ("erp",))
    assert world.crm.writes == 0
    assert not world.rows("decision")
    assert not world.rows("duty")


def test_who_is_left_as_she_is_has_no_entry_and_is_counted(world: World) -> None:
    anna = world.crm.add(1, "CARD", basis="61F", registered=LONG_AGO)
    world.crm.soft_delete(world.crm.add(2, "CARD", registered=LONG_AGO))
    found, head = plan(world)
    assert (found, head.persons, head.changes_anything) == ({}, 1, False)
    assert world.crm.store(anna) == ("61F", "CARD")


def test_a_plan_tells_nobody_unless_it_is_made_to(world: World) -> None:
    old, new = world.crm.add(1, registered=LONG_AGO), world.crm.add(2)
    world.advance(minutes=2)
    found, head = plan(world)
    assert [one.mail for one in found.values()] == [None, None]
    assert head.no_mail == {"before_start": 2}
    found, head = plan(world, EVER)
    assert [found[one].mail for one in (old, new)] == ["notice13", "notice13"]
    assert (head.no_mail, count(head, "web-plain").mails) == ({}, 2)
    found, head = plan(world, LONG_AGO + timedelta(days=1))
    assert (found[old].no_mail, found[new].mail) == ("before_start", "notice13")
    assert head.tell_from == LONG_AGO + timedelta(days=1)


def test_two_who_share_an_address_are_one_mail(world: World) -> None:
    for person_id in (1, 2):
        world.crm.add(person_id, email="both@example.com", registered=LONG_AGO)
    found, head = plan(world, EVER)
    assert [one.mail for one in found.values()] == ["notice13", None]
    assert found[2].no_mail == NoMail.ALREADY_TOLD
    assert head.no_mail == {"already_told": 1}


def test_two_who_share_an_address_are_both_told_by_mails_that_retell(world: World) -> None:
    world.activate(RETELLING)
    world.crm.add(1, "CARD", email="both@example.com", registered=LONG_AGO)
    world.crm.add(2, "ERP", email="both@example.com", registered=LONG_AGO)
    world.crm.add(3, "ERP", email="both@example.com", registered=LONG_AGO)
    found, _ = plan(world, EVER)
    assert [one.mail for one in found.values()] == ["notice13", "notice14", None]


def test_whoever_must_be_informed_and_can_not_be_told_has_an_entry(world: World) -> None:
    world.crm.add(1, basis="61F", emails=[], registered=LONG_AGO)
    world.crm.add(2, basis="61F", emails=[EmailAddress("x@example.com", 1, 2)], registered=LONG_AGO)
    world.crm.add(3, "CHAT", basis="61F", registered=LONG_AGO)
    found, head = plan(world, EVER)
    assert [one.no_mail for one in found.values()] == ["no_address", "bounced", "crm_mails"]
    assert not head.changes_anything


def test_a_lost_template_asks_a_human_once_for_each_person(world: World) -> None:
    world.crm.listing = tenant_lists(templates=())
    world.crm.add(1, basis="61F", registered=LONG_AGO)
    found, head = plan(world, EVER)
    assert found[1].reviews == (("template", "notice13"),)
    assert (found[1].no_mail, count(head, "web-plain").reviews) == ("blocked_template", 1)


def test_what_a_human_is_asked_is_asked_once(world: World) -> None:
    odd = world.crm.add(1, "API", registered=LONG_AGO)
    found, head = plan(world)
    assert found[odd].reviews == (("purpose", STORE),)
    assert count(head, "catch-all").reviews == 1
    with world.turn() as turn:
        turn.ledgers.reviews.open(odd, "purpose", STORE, {})
    assert plan(world)[0] == {}


def test_what_a_human_or_the_person_has_said_is_left_and_named(world: World) -> None:
    said, no = world.crm.add(1, "CARD", registered=LONG_AGO), world.crm.add(2, "CARD", registered=LONG_AGO)
    world.crm.write_row(said, STORE, "61C", "CARD", by=HUMAN)
    world.crm.withdraw(no)
    found, head = plan(world, EVER)
    assert (found[said].left, found[said].writes) == ({STORE: "human"}, ())
    assert no not in found
    assert count(head, "met-in-person").left == 1
    assert head.no_mail == {"store_withdrawn": 1}


def test_what_is_held_though_a_rule_denies_it_is_named_and_stays(world: World) -> None:
    bought = world.crm.add(1, "VENDOR", basis="61F", registered=LONG_AGO)
    world.crm.write_row(bought, "EMARKETING", "61A", "VENDOR", by=IMPORTER)
    refused = world.crm.add(2, "VENDOR", basis="61F", registered=LONG_AGO)
    world.crm.withdraw(refused, "EMARKETING")
    found, head = plan(world)
    assert found[bought].denied == ("EMARKETING",)
    assert refused not in found
    assert count(head, "bought-or-referred") == RuleCount("bought-or-referred", denied=1)
    assert not head.changes_anything


def test_a_write_that_ends_says_after_how_long(world: World) -> None:
    world.crm.add(1, "VENDOR", registered=LONG_AGO)
    found, _ = plan(world)
    assert found[1].writes == (PlannedWrite(STORE, "bought-or-referred", "61F", "VENDOR", "P12M"),)


def test_who_has_just_come_is_left_to_her_own_event(world: World) -> None:
    world.crm.add(1, source=None)
    world.crm.add(2, source=None, registered=LONG_AGO)
    found, head = plan(world)
    assert list(found) == [2]
    assert (head.persons, head.no_mail) == (2, {"before_start": 1, "just_registered": 1})


def test_a_plan_is_what_the_next_turn_does(make: Callable[[], World]) -> None:
    """For many persons of every kind: the same writes, mails and questions, and then nothing is left."""
    world = make()
    world.activate(NORDIC.read_bytes(), tell_from=EVER)
    dice = random.Random(20261128)
    for person_id in range(1, 61):
        source = dice.choice(("WEBFORM", "CARD", "ERP", "VENDOR", "API", "CHAT", "JOBAPPLY", None))
        world.crm.add(
            person_id,
            source,
            basis=dice.choice(("61B", "61F", "61A")),
            country=dice.choice(("DK", "NO", "")),
            emails=dice.choice(
                ([], [EmailAddress("same@example.com", 1)], [EmailAddress(f"p{person_id}@example.com", 1)])
            ),
            registered=LONG_AGO,
            by=dice.choice((HUMAN, BOT)),
            born=dice.choice((None, date(2018, 1, 1), date(1970, 1, 1))),
        )
        if dice.random() < 0.3:
            basis, by = dice.choice((("61C", HUMAN), ("61A", PORTAL), ("61F", IMPORTER), ("61B", BOT)))
            world.crm.write_row(person_id, dice.choice((STORE, "EMARKETING")), basis, "API", by=by)
        if dice.random() < 0.1:
            world.crm.withdraw(person_id, dice.choice((STORE, "EMARKETING")))
    found, head = plan(world, EVER)
    assert head.changes_anything
    before = {one: dict(rows) for one, rows in world.crm.rows.items()}

    world.deliver_all("person.changed", sorted(world.crm.persons))
    world.drain()

    written = {
        (person_id, purpose, row.basis, row.source)
        for person_id, rows in world.crm.rows.items()
        for purpose, row in rows.items()
        if row != before[person_id].get(purpose)
    }
    assert written == {
        (one.person_id, write.purpose, write.basis, write.source)
        for one in found.values()
        for write in one.writes
    }
    assert {one.person_id for one in world.crm.outbox} == {
        one.person_id for one in found.values() if one.mail is not None
    }
    assert Counter(world.reviews()) == Counter(
        (one.person_id, *review) for one in found.values() for review in one.reviews
    )
    assert sum(one.mails for one in head.rules) == len(world.crm.outbox)
    _, again = plan(world, EVER)
    assert not again.changes_anything


def test_lists_that_say_the_same_have_the_same_digest(world: World) -> None:
    lists = tenant_lists()
    assert lists_digest(lists) == lists_digest(tenant_lists(associates={}, countries=dict(lists.countries)))
    assert lists_digest(lists) != lists_digest(tenant_lists(default_basis="61F"))
    assert lists_digest(lists) != lists_digest(tenant_lists(owner_company_ids=frozenset({1, 2})))


RETELLING = b"""
manifest: 1
name: retelling
jurisdiction: {home: DK}
languages: {enabled: [da], fallback: da}
sources:
  CARD: {type: manual, article: 13}
  ERP: {type: system, article: 14}
legal_bases: [61F]
purposes: {STORE: {allowed: [61F]}}
mails:
  notice13: {template: privacy-notice-13, version: 1}
  notice14: {template: privacy-notice-14, version: 1, retell: true}
rules:
  - {id: card, when: {source: CARD}, give: {STORE: {basis: 61F}}, tell: notice13, because: met}
  - {id: rest, when: always, give: {STORE: {basis: 61F}}, tell: notice14, because: all others}
"""
