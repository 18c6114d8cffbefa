"""Sorts a slice of events into what needs a person and what needs none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from so_privacy_ext.model import SWEPT_EVENT, InboxEvent, PersonId
from so_privacy_ext.sdk import EventWord

INTERNAL_EVENT = "none"

_WORDS: dict[str, EventWord] = {
    "person.created": "created",
    "person.changed": "changed",
    "person.consented": "consented",
    "person.unconsented": "unconsented",
    "person.softdeleted": "none",
    "person.deleted": "none",
    INTERNAL_EVENT: "none",
    SWEPT_EVENT: "none",
}
_MOST_TELLING: tuple[EventWord, ...] = ("created", "changed", "consented", "unconsented", "none")


@dataclass(frozen=True, slots=True)
class Slice:
    """Events of persons, coalesced by person, and events that end at once."""

    persons: dict[PersonId, list[InboxEvent]] = field(default_factory=dict)
    """Those about whom nothing is being carried out already."""
    settled: dict[str, list[int]] = field(default_factory=dict)
    """Reason → inbox ids of events about no person."""
    lists_changed: bool = False
    webhook_changed: bool = False
    """Our webhook was stopped, started or disabled."""


def decision_ids(events: Sequence[InboxEvent]) -> list[int]:
    """Name the decisions that were kept for these events in an earlier turn."""
    return sorted({event.decision_id for event in events if event.decision_id is not None})


def sort(events: Sequence[InboxEvent], begun: Collection[int]) -> Slice:
    """Sort events; a person with a begun decision waits with her newer events until it is finished.

    An event that is bound to a decision which is not among the begun is decided on anew.
    """
    persons: dict[PersonId, list[InboxEvent]] = {}
    occupied: set[PersonId] = set()
    settled: dict[str, list[int]] = {}
    lists_changed = webhook_changed = False
    for event in events:
        name = event.event.name
        if name in _WORDS:
            person_id = PersonId(event.event.primary_key)
            persons.setdefault(person_id, []).append(event)
            if event.decision_id in begun:
                occupied.add(person_id)
        elif name.startswith("list."):
            lists_changed = True
            settled.setdefault("lists_refreshed", []).append(event.inbox_id)
        elif name.startswith("webhook."):
            webhook_changed = True
            settled.setdefault("webhook_checked", []).append(event.inbox_id)
        else:
            reason = "test_event" if name == "test" else "unsubscribed_event"
            settled.setdefault(reason, []).append(event.inbox_id)
    fresh = {person_id: theirs for person_id, theirs in persons.items() if person_id not in occupied}
    return Slice(persons=fresh, settled=settled, lists_changed=lists_changed, webhook_changed=webhook_changed)


def word(events: Sequence[InboxEvent]) -> EventWord:
    """Name what happened to a person by her most telling event; nothing did when there is none."""
    words = {_WORDS[event.event.name] for event in events}
    return next((one for one in _MOST_TELLING if one in words), "none")


def changed_columns(events: Sequence[InboxEvent]) -> frozenset[str]:
    """Give the union of the columns that coalesced events name."""
    return frozenset().union(*(event.event.changes for event in events))
