"""Makes errands of what was recorded, and works them: bounded in time, in order, again after failures."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from so_privacy_ext.errands import Consumer, Done, Errand, Errands, Held, NewErrand, Outcome
from so_privacy_ext.model import InboxEvent
from so_privacy_ext.ports import Ledgers
from so_privacy_ext.processing.work import Work

SHARE = 2.0
"""Seconds in which errands are begun before the tenant's events are looked at again."""
WAITS = (60.0, 300.0, 1800.0, 7200.0, 14400.0, 21600.0, 21600.0, 21600.0, 21600.0)
"""Seconds before each further try at an errand; ten tries in a day and a half, then a human is asked."""
TOLD = "told_afterwards"
"""Why an event ends that only whoever is told of it wanted."""
IDLE = 86400.0
"""Seconds until somebody looks again where nothing waits; whatever is made meanwhile is worked at once."""


def make_errands(work: Work, kind: str, *, entity: str, key: str, content: Mapping[str, Any]) -> None:
    """Make an errand for each consumer that wants it, in the transaction that is open."""
    wanted = [one.name for one in work.consumers if one.wants(kind)]
    work.ledgers.errands.make([NewErrand(name, kind, entity, key, content) for name in wanted])


def tell_events(work: Work, events: Sequence[InboxEvent]) -> Collection[int]:
    """Make errands of events that somebody wants to hear of, each once; give these events' inbox ids."""
    told = [one for one in events if any(consumer.wants(one.event.name) for consumer in work.consumers)]
    for one in told:
        event = one.event
        content = {
            "event_id": event.event_id,
            "name": event.name,
            "primary_key": event.primary_key,
            "changes": sorted(event.changes),
            "changed_by": event.changed_by,
            "timestamp": None if event.timestamp is None else event.timestamp.isoformat(),
        }
        entity = f"{event.name.rpartition('.')[0]}/{event.primary_key}"
        make_errands(work, event.name, entity=entity, key=f"event/{event.event_id}", content=content)
    return {one.inbox_id for one in told}


def do_errands(
    consumers: Sequence[Consumer],
    ledgers: Ledgers,
    must_yield: Callable[[], bool],
    *,
    clock: Callable[[], float] = time.monotonic,
) -> float:
    """Have consumers take what is due, for a share of time; give the seconds until the next is."""
    by_name = {one.name: one for one in consumers}
    if not by_name:
        return IDLE
    until, names = clock() + SHARE, list(by_name)
    for errand in _due(ledgers.errands, names):
        outcome = by_name[errand.consumer].take(errand)
        with ledgers.transaction():
            _note(ledgers, errand, outcome)
        if clock() > until or must_yield():
            break
    next_in = ledgers.errands.next_in(names)
    return IDLE if next_in is None else next_in


def _due(errands: Errands, names: Sequence[str]) -> Iterator[Errand]:
    """Give what is due one by one, as it stands after the one before."""
    while claimed := errands.claim(names, 1):
        yield from claimed


def _note(ledgers: Ledgers, errand: Errand, outcome: Outcome) -> None:
    if isinstance(outcome, Done):
        ledgers.errands.done(errand.errand_id)
    elif isinstance(outcome, Held):
        ledgers.errands.hold(errand.consumer, outcome.seconds, outcome.why)
    elif errand.attempts < len(WAITS):
        usual, wait = WAITS[errand.attempts], outcome.wait
        seconds = usual if wait is None else min(max(wait, 1.0), WAITS[-1])
        ledgers.errands.put_off(errand.errand_id, seconds, outcome.why)
    else:
        give_up(ledgers, errand, outcome.why)


def give_up(ledgers: Ledgers, errand: Errand, why: str) -> None:
    """Leave an errand to a human, in the transaction that is open; journaled with its last reason."""
    ledgers.errands.dead(errand.errand_id, why)
    told = {"consumer": errand.consumer, "kind": errand.kind, "entity": errand.entity, "key": errand.key}
    content = {**told, "reason": why, "tries": errand.attempts + 1}
    ledgers.journal.append("errand_given_up", None, content)
