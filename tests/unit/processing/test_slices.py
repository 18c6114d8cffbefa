"""Events of a slice: coalesced by person, or ended at once."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from so_privacy_ext.model import Event, EventId, InboxEvent
from so_privacy_ext.processing.slices import changed_columns, decision_ids, sort, word

AT = datetime(2026, 3, 2, tzinfo=UTC)


def event(
    inbox_id: int, name: str, key: int = 1, *, changes: Sequence[str] = (), decision_id: int | None = None
) -> InboxEvent:
    return InboxEvent(
        inbox_id, Event(EventId(str(inbox_id)), name, key, frozenset(changes)), AT, decision_id=decision_id
    )


def test_events_of_one_person_coalesce() -> None:
    found = sort([event(1, "person.created"), event(2, "person.changed", 2), event(3, "none")], ())
    assert {person: [one.inbox_id for one in theirs] for person, theirs in found.persons.items()} == {
        1: [1, 3],
        2: [2],
    }
    assert not found.settled
    assert not found.lists_changed


def test_events_about_no_person_end_at_once() -> None:
    found = sort(
        [event(1, "list.consentsource.changed"), event(2, "test", 0), event(3, "sale.created"), event(4, "")],
        (),
    )
    assert not found.persons
    assert found.settled == {"lists_refreshed": [1], "test_event": [2], "unsubscribed_event": [3, 4]}
    assert found.lists_changed


def test_newer_events_wait_behind_a_begun_decision() -> None:
    events = [event(1, "person.created", decision_id=8), event(2, "person.changed"), event(3, "none", 2)]
    assert decision_ids(events) == [8]
    assert list(sort(events, {8}).persons) == [2]


def test_an_event_bound_to_a_finished_decision_is_decided_anew() -> None:
    assert list(sort([event(1, "person.created", decision_id=8)], set()).persons) == [1]


WORDS = {
    "person.created": "created",
    "person.changed": "changed",
    "person.consented": "consented",
    "person.unconsented": "unconsented",
    "person.softdeleted": "none",
    "person.deleted": "none",
    "none": "none",
}


@pytest.mark.row("F20")
@pytest.mark.parametrize("names", list(itertools.combinations(WORDS, 2)))
def test_the_most_telling_event_names_what_happened_in_any_order(names: tuple[str, str]) -> None:
    first, second = (event(at, name) for at, name in enumerate(names))
    assert word([first, second]) == word([second, first])
    assert word([first]) == WORDS[names[0]]
    assert word([first, second]) == WORDS[names[0]]  # the table is in the order of what they tell


def test_without_an_event_nothing_happened() -> None:
    assert word([]) == "none"


def test_changed_columns_are_the_union() -> None:
    events = [event(1, "person.changed", changes=["title"]), event(2, "person.changed", changes=["retired"])]
    assert changed_columns(events) == {"title", "retired"}
    assert changed_columns([]) == set()
