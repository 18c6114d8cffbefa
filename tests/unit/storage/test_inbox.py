"""The inbox under a turn: claimed oldest first, ended with a reason, never lost."""

from datetime import UTC, datetime

import pytest

from so_privacy_ext.model import SWEPT_EVENT, AssociateId, Event, EventId, PersonId, Ruling
from so_privacy_ext.ports import Inbox
from so_privacy_ext.storage import registers
from so_privacy_ext.storage.inbox import event_text, read_event
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.tenants import AddedTenant
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.shapes import Delivering, Taking


@pytest.fixture
def inbox(turn: Turn) -> Inbox:
    return turn.ledgers.inbox


def states(turn: Turn) -> dict[str, tuple[str, str | None]]:
    return {one.event_id: (one.state, one.reason) for one in registers.events(turn.session)}


def test_the_oldest_are_claimed_first(inbox: Inbox, receiving: ReceivingStore, delivery: Delivering) -> None:
    for event_id in ("e-3", "e-1", "e-2"):
        receiving.store([delivery(event_id)])

    assert [one.event.event_id for one in inbox.claim(2)] == ["e-3", "e-1"]
    assert [one.event.event_id for one in inbox.claim(10)] == ["e-3", "e-1", "e-2"]


def test_an_event_that_ended_is_not_claimed(
    turn: Turn, inbox: Inbox, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("e-1")])
    receiving.store([delivery("e-2")])
    first, second = inbox.claim(10)
    inbox.done([first.inbox_id], "effect")
    inbox.dead([second.inbox_id], "poison")
    inbox.done([second.inbox_id], "effect")  # what is dead stays so until a human redrives it
    inbox.done([], "nothing")

    assert inbox.claim(10) == []
    assert states(turn) == {"e-1": ("done", "effect"), "e-2": ("dead", "poison")}


def test_putting_off_counts_and_waits(
    turn: Turn, inbox: Inbox, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery()])
    (event,) = inbox.claim(10)
    inbox.put_off([event.inbox_id], 60, "transient")
    inbox.put_off([], 60, "transient")
    assert inbox.claim(10) == []
    assert inbox.attempts([event.inbox_id]) == 1
    assert inbox.attempts([]) == 0

    inbox.put_off([event.inbox_id], -1, "again")
    (event,) = inbox.claim(10)
    assert event.attempts == 2
    assert states(turn) == {"e-1": ("open", "again")}


def test_a_bound_event_knows_its_decision(
    inbox: Inbox, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery()])
    (event,) = inbox.claim(10)
    assert event.decision_id is None
    inbox.bind([event.inbox_id], 7)
    assert inbox.claim(10)[0].decision_id == 7


def test_deciding_again_adds_one_internal_event(
    inbox: Inbox, receiving: ReceivingStore, delivery: Delivering
) -> None:
    inbox.decide_again(PersonId(42))
    inbox.decide_again(PersonId(42))

    (event,) = inbox.claim(10)
    assert (event.event.name, event.event.primary_key, event.event.changes) == ("none", 42, frozenset())
    assert inbox.open_events(PersonId(42), "none") == 1

    inbox.bind([event.inbox_id], 7)  # a decision is under way: what comes now needs another
    inbox.decide_again(PersonId(42))
    assert inbox.open_events(PersonId(42), "none") == 2


def test_open_events_of_a_name_are_counted(
    inbox: Inbox, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("e-1", name="person.unconsented"), delivery("e-2"), delivery("e-3", person=43)])
    assert inbox.open_events(PersonId(42), "person.unconsented") == 1
    assert inbox.open_events(PersonId(43), "person.unconsented") == 0


@pytest.mark.parametrize(
    "event",
    [
        Event(EventId("e"), "person.created", 5),
        Event(
            EventId("sha256:ab"),
            "person.changed",
            5,
            frozenset({"b", "a"}),
            AssociateId(9),
            datetime(2026, 3, 1, 12, tzinfo=UTC),
            ("clock",),
        ),
    ],
)
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    import json

    row = {
        "event_id": event.event_id,
        "name": event.name,
        "primary_key": event.primary_key,
        "event": json.loads(event_text(event)),
    }
    assert read_event(row) == event


def test_later_events_wait_behind_a_begun_decision(
    turn: Turn, inbox: Inbox, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("a")])
    (first,) = inbox.claim(10)
    kept = turn.ledgers.decisions.keep(PersonId(42), Ruling("d" * 64, ()), {}, [first.inbox_id])
    receiving.store([delivery("b"), delivery("c", person=43), delivery("d", name="list.x.changed")])
    assert inbox.wait_behind([]) == frozenset()
    assert inbox.wait_behind([PersonId(43)]) == set()

    inbox.put_off([first.inbox_id], 60, "retry")
    assert inbox.wait_behind([PersonId(42), PersonId(43)]) == {42}
    assert sorted(one.event.event_id for one in inbox.claim(10)) == ["c", "d"]

    inbox.put_off([first.inbox_id], -60, "retry")
    turn.ledgers.decisions.finish(kept.decision_id, "effect")
    assert inbox.wait_behind([PersonId(42)]) == set()


def test_what_a_sweep_found_gives_way_to_events(
    inbox: Inbox, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("found", name=SWEPT_EVENT)])
    receiving.store([delivery("told", person=43)])
    assert [one.event.event_id for one in inbox.claim(10)] == ["told"]

    inbox.done([one.inbox_id for one in inbox.claim(10)], "effect")
    assert [one.event.event_id for one in inbox.claim(10)] == ["found"]


def test_a_begun_decision_of_a_sweep_goes_before_those_who_wait_behind_it(
    turn: Turn, inbox: Inbox, receiving: ReceivingStore, delivery: Delivering
) -> None:
    """Otherwise each would wait for the other for ever, and every other person of the sweep behind them."""
    receiving.store([delivery("found", name=SWEPT_EVENT)])
    (found,) = inbox.claim(10)
    turn.ledgers.decisions.keep(PersonId(42), Ruling("d" * 64, ()), {}, [found.inbox_id])
    receiving.store([delivery("told")])
    assert inbox.wait_behind([PersonId(42)]) == {42}

    assert [one.event.event_id for one in inbox.claim(1)] == ["found"]


def test_a_decision_begun_in_an_earlier_epoch_neither_goes_on_nor_holds_anybody_up(
    taking: Taking, tenant: AddedTenant, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("a")])
    with taking(tenant.tenant_id) as before:
        (event,) = before.ledgers.inbox.claim(10)
        kept = before.ledgers.decisions.keep(PersonId(42), Ruling("d" * 64, ()), {}, [event.inbox_id])
        before.session.run(b"UPDATE tenant SET epoch = 2")  # a backup of the CRM was restored
    with taking(tenant.tenant_id) as after:
        assert after.ledgers.decisions.unfinished([kept.decision_id]) == []
        assert after.ledgers.inbox.wait_behind([PersonId(42)]) == set()
