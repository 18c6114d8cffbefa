"""A slice from its claim to its record."""

import random
from typing import Any

import pytest

from so_privacy_ext.errors import Fault, Retry
from so_privacy_ext.model import STORE, WATCHDOG
from so_privacy_ext.processing.drain import drain
from so_privacy_ext.processing.work import CHUNK, SLICE
from tests.unit.processing.fake_crm import IMPORTER, failure
from tests.unit.processing.world import NORDIC, World, drain_all, with_tenant

TRANSIENT: dict[str, Any] = {"fail": failure(Retry, Fault.TRANSIENT)}


def stopped(world: World) -> None:
    with world.working() as work, pytest.raises(Retry):
        drain_all(work)


def test_a_new_person_gets_basis_and_notice(world: World) -> None:
    anna = world.crm.add(1, "WEBFORM")
    event = world.deliver("person.created", anna)
    world.drain()

    assert world.crm.store(anna) == ("61F", "WEBFORM")
    assert [(mail.person_id, mail.lcid) for mail in world.crm.outbox] == [(anna, 1033)]
    assert world.reasons() == {event: "effect"}
    entry = world.last_decision(anna)
    assert (entry["mail"], entry["result"], entry["tell"]) == ("sent", "effect", "notice13")
    assert entry["facts"]["event"] == "created"
    assert entry["decisions"][0]["rule"] == "web-plain"
    assert entry["decisions"][0]["because"]


def test_events_that_need_no_person_end_without_a_call(world: World) -> None:
    test, sale = world.deliver("test", 0), world.deliver("sale.created", 5)
    world.drain()
    assert world.reasons() == {test: "test_event", sale: "unsubscribed_event"}
    assert not world.crm.calls


@pytest.mark.row("F23")
def test_news_of_a_webhook_has_the_watchdog_look_at_once(world: World) -> None:
    with world.turn() as turn:
        turn.due(WATCHDOG, 3600)
    event = world.deliver("webhook.stopped", 5)
    world.drain()

    assert world.reasons() == {event: "webhook_checked"}
    with world.turn() as turn:
        assert WATCHDOG in turn.due_kinds()


def test_events_of_one_person_are_one_decision(world: World) -> None:
    anna = world.crm.add(1)
    world.deliver("person.changed", anna, changes=["title"])
    world.deliver("person.created", anna)
    world.deliver("person.changed", anna, changes=["retired"])
    world.drain()
    (decision,) = world.decisions(anna)
    assert decision.decision.facts["event"] == "created"
    assert decision.decision.facts["changed"] == ["retired", "title"]
    assert set(world.reasons().values()) == {"effect"}


def test_review_opens_one_item_however_often(world: World) -> None:
    world.crm.add(1, "API")
    for _ in range(3):
        world.deliver("person.changed", 1)
        world.drain()
    assert world.reviews() == [(1, "purpose", STORE)]
    assert world.crm.writes == 0


# The CRM's own row


def test_the_default_row_is_awaited_three_times(world: World) -> None:
    world.crm.add(1, None)
    world.deliver("person.created", 1)
    for _ in range(3):
        world.drain()
        assert [one.reason for one in world.events("open")] == ["default_row_awaited"]
        world.advance(seconds=5.1)
    world.drain()
    assert world.decisions(1)[0].decision.facts["source"] is None
    assert world.reviews() == [(1, "purpose", STORE)]


def test_a_default_row_that_comes_is_decided_on(world: World) -> None:
    world.crm.add(1, None)
    world.deliver("person.created", 1)
    world.drain()
    world.crm.default_row(1, "CARD")
    world.drain()  # not yet due
    assert world.crm.writes == 0
    world.advance(seconds=5.1)
    world.drain()
    assert world.crm.store(1) == ("61F", "CARD")


def test_who_is_older_than_a_minute_has_no_default_row_to_come(world: World) -> None:
    world.crm.add(1, None)
    world.advance(seconds=61)
    world.deliver("person.changed", 1)
    world.drain()
    assert not world.events("open")


# Decisions that were begun


def test_a_begun_decision_is_resumed_with_what_it_had_written(world: World) -> None:
    world.crm.add(1)
    world.crm.on("best_language", **TRANSIENT)
    event = world.deliver("person.created", 1)
    stopped(world)
    world.advance(seconds=6)
    world.drain()

    assert len(world.decisions(1)) == 1
    assert world.crm.writes == 1
    entry = world.last_decision(1)
    assert (entry["result"], entry["decisions"][0]["result"]) == ("effect", "written")
    assert world.reasons() == {event: "effect"}


def test_a_resumed_case_remembers_whom_it_wrote_over(world: World) -> None:
    world.crm.add(1)
    world.crm.on("set_consent", before=lambda: world.crm.write_row(1, STORE, "61C", "USER", event=False))
    world.crm.on("best_language", **TRANSIENT)
    world.deliver("person.created", 1)
    stopped(world)
    assert not world.reviews()
    world.advance(seconds=6)
    world.drain()
    assert world.reviews() == [(1, "overwritten", STORE)]


def test_newer_events_wait_behind_a_decision_that_was_put_off(world: World) -> None:
    """Otherwise the old decision would be carried out over the newer one."""
    world.crm.add(1, "CARD")
    world.crm.on("set_consent", **TRANSIENT)
    created = world.deliver("person.created", 1)
    stopped(world)
    world.crm.write_row(1, STORE, "61B", "VENDOR", by=IMPORTER, event=False)
    changed = world.deliver("person.changed", 1)
    world.drain()
    assert {one.event_id: one.reason for one in world.events("open")} == {
        created: "transient",
        changed: "begun_decision_awaited",
    }
    assert world.crm.writes == 1

    world.advance(seconds=6)
    world.drain()
    assert world.crm.store(1) == ("61F", "VENDOR")
    assert not world.events("open")


def test_they_wait_also_when_the_slice_has_no_room_for_the_begun(world: World) -> None:
    world.crm.add(1, "CARD")
    world.crm.on("set_consent", **TRANSIENT)
    created = world.deliver("person.created", 1)
    stopped(world)
    changed = world.deliver("person.changed", 1)
    world.advance(seconds=6)  # both are due, and the newer one is claimed first
    with world.working() as work:
        assert drain(work, 1)
        assert world.crm.writes == 1
        drain_all(work, 1)
    assert [one.event_id for one in world.events("done")] == [created, changed]
    assert len(world.decisions(1)) == 2


def test_an_event_bound_to_a_finished_decision_does_not_hang(world: World) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    world.drain()
    world.deliver("person.changed", 1)
    with world.turn() as turn:
        (event,) = turn.ledgers.inbox.claim(10)
        turn.ledgers.inbox.bind([event.inbox_id], world.decisions(1)[0].decision.decision_id)
    world.drain()
    assert not world.events("open")


def test_a_kept_decision_is_carried_out_by_the_manifest_that_decided(world: World) -> None:
    world.crm.add(1)
    world.crm.on("set_consent", **TRANSIENT)
    first = world.activate(NORDIC.read_bytes())
    world.deliver("person.created", 1)
    stopped(world)
    other = NORDIC.read_bytes().replace(b"template: privacy-notice-13", b"template: privacy-notice-14")
    second = world.activate(other.replace(b"id: web-plain", b"id: web-other"))
    world.advance(seconds=6)
    world.drain()

    assert world.crm.rows[1][STORE].comment == f"so-privacy web-plain {first[:12]}"
    assert [mail.template_id for mail in world.crm.outbox] == [413]
    assert world.last_decision(1)["manifest"] == first != second


# Yielding


@pytest.mark.parametrize(
    ("patience", "persons"), [(0, CHUNK + 3), (1, CHUNK + 3), (5, 2 * CHUNK + 5), (30, 2 * CHUNK + 5)]
)
def test_yielding_between_chunks_and_mails_loses_nothing(world: World, patience: int, persons: int) -> None:
    people = [world.crm.add(one, "CARD") for one in range(1, persons + 1)]
    world.deliver_all("person.created", people)
    asked = iter(range(10_000))
    turns = 0
    while world.events("open"):
        turns += 1
        with world.working(must_yield=lambda: next(asked) % (patience + 1) == patience) as work:
            assert drain(work)
    assert turns >= 2
    assert world.crm.writes == len(people)
    assert sorted(mail.person_id for mail in world.crm.outbox) == people
    assert set(world.reasons().values()) == {"effect"}
    assert {one.content["mail"] for one in world.journal("decision")} == {"sent"}
    assert len(world.journal("decision")) == len(people)


def test_a_slice_is_no_more_than_its_limit(world: World) -> None:
    people = [world.crm.add(one, basis="61F") for one in range(1, SLICE + 11)]
    world.deliver_all("person.changed", people)
    with world.working() as work:
        assert drain(work)
        assert len(world.events("open")) == 10
        assert drain(work)
        assert not drain(work)


# Calls


def test_calls_per_consent(world: World) -> None:
    people = [
        world.crm.add(one, "CARD", registered=world.clock.now().replace(year=2020)) for one in range(1, 201)
    ]
    for one in people:
        world.crm.write_row(one, STORE, "61B", "CARD", by=IMPORTER, event=False)
    world.deliver_all("person.changed", people)
    world.drain()
    assert world.crm.writes == 200
    assert world.crm.requests / 200 <= 1.12


def test_calls_per_mail(world: World) -> None:
    people = [world.crm.add(one, "CARD") for one in range(1, 101)]
    world.deliver_all("person.created", people)
    world.drain()
    assert world.crm.count("best_language", "send_notice", "notice_archived") / 100 <= 2.1


@pytest.mark.parametrize("people", [1, CHUNK])
def test_consents_of_a_small_slice_are_read_once_and_read_back_once(world: World, people: int) -> None:
    ids = [world.crm.add(one, "CARD") for one in range(1, people + 1)]
    world.deliver_all("person.created", ids)
    world.drain()
    assert world.crm.count("read_persons") == 1
    assert world.crm.count("read_consents") == 1


def test_what_is_right_already_costs_one_batched_read(world: World) -> None:
    people = [world.crm.add(one, "CARD") for one in range(1, 101)]
    world.deliver_all("person.created", people)
    world.drain()
    world.crm.calls.clear()
    world.deliver_all("person.consented", people)
    world.drain()
    assert [call.operation for call in world.crm.calls] == ["read_persons"]


@pytest.mark.row("F19")
@pytest.mark.row("F21")
def test_replaying_everything_twice_in_random_order_does_nothing(world: World) -> None:
    world.crm.emit = world.deliver
    sources = ["WEBFORM", "CHAT", "EMAIL", "CARD", "IMPORT", "VENDOR", "ERP", "USER", "API", None]
    for number, source in enumerate(sources, 1):
        world.crm.add(number, source, email=None if number == 4 else "")
        world.deliver("person.created", number)
    world.drain()
    world.advance(seconds=20)
    world.settle()
    world.crm.withdraw(1, "EMARKETING")
    world.drain()
    assert (world.crm.writes, len(world.crm.outbox)) == (9, 6)
    writes, mails, journal = world.crm.writes, len(world.crm.outbox), len(world.journal())

    replayed = [one for one in world.events() for _ in range(2)]
    random.Random(7).shuffle(replayed)
    for one in replayed:
        world.deliver(one.name, one.primary_key)
    for size in (7, 50):
        world.advance(days=3)
        world.drain(size)
    assert (world.crm.writes, len(world.crm.outbox)) == (writes, mails)
    assert len(world.journal()) > journal
    assert not world.events("open")


def test_the_same_body_again_is_the_same_event(world: World) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1, event_id="same")
    world.drain()
    world.deliver("person.created", 1, event_id="same")
    world.drain()
    assert len(world.events()) == 1


def test_nobody_is_told_who_came_before_the_start(world: World) -> None:
    world.crm.add(1)
    world.deliver("person.created", 1)
    with world.working() as work:
        drain_all(with_tenant(work, tell_from=world.clock.now()))
    assert world.last_decision(1)["mail"] == "before_start"
    assert world.crm.store(1) == ("61F", "WEBFORM")
