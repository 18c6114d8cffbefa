"""One tenant's accepted events, as its turn sees them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from so_privacy_ext.model import SWEPT_EVENT, AssociateId, Event, EventId, InboxEvent, PersonId
from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

INTERNAL_EVENT = "none"
SWEPT_AT_ONCE = 20
"""Events of a sweep in one claim, so that an event that comes meanwhile waits for no more than their work."""

_sql = Statements("inbox")


class InboxBook:
    """The inbox under the tenant's turn, which alone may close what it holds."""

    def __init__(self, session: TenantSession) -> None:
        self._session = session

    def claim(self, limit: int) -> Sequence[InboxEvent]:
        """Give the oldest open events whose time has come; what a sweep found, only when none else waits."""
        values = {"limit": limit, "swept": SWEPT_EVENT}
        found = self._session.rows(_sql["claim"], values) or self._session.rows(
            _sql["claim_swept"], {**values, "limit": min(limit, SWEPT_AT_ONCE)}
        )
        return [_inbox_event(row) for row in found]

    def bind(self, inbox_ids: Sequence[int], decision_id: int) -> None:
        """Note that a kept decision covers these events."""
        self._session.run(_sql["bind"], {"inbox_ids": list(inbox_ids), "decision_id": decision_id})

    def done(self, inbox_ids: Sequence[int], reason: str) -> None:
        """Close events with a reason code."""
        self._close(inbox_ids, "done", reason)

    def put_off(self, inbox_ids: Sequence[int], seconds: float, reason: str) -> None:
        """Leave events open for later and count one attempt."""
        if inbox_ids:
            values = {"inbox_ids": list(inbox_ids), "seconds": seconds, "reason": reason}
            self._session.run(_sql["put_off"], values)

    def wait_for_bulk(self, own: AssociateId, seconds: float) -> None:
        """Leave what our own writes come back as for later, without counting an attempt."""
        self._session.run(_sql["wait_for_bulk"], {"own": own, "seconds": seconds})

    def attempts(self, inbox_ids: Sequence[int]) -> int:
        """Give the most attempts that any of the events has had."""
        return int(self._session.one(_sql["attempts"], {"inbox_ids": list(inbox_ids)})["attempts"])

    def dead(self, inbox_ids: Sequence[int], reason: str) -> None:
        """Give events up until a human redrives them."""
        self._close(inbox_ids, "dead", reason)

    def decide_again(self, person_id: PersonId) -> None:
        """Add an internal event, unless one that nothing was decided on waits already."""
        event = event_text(None)
        self._session.run(
            _sql["decide_again"], {"person_id": person_id, "name": INTERNAL_EVENT, "event": event}
        )

    def open_events(self, person_id: PersonId, name: str) -> int:
        """Count a person's open events of one name."""
        values = {"person_id": person_id, "name": name}
        return int(self._session.one(_sql["open_events"], values)["events"])

    def wait_behind(self, person_ids: Sequence[PersonId]) -> Collection[PersonId]:
        """Have undecided events wait until their persons' begun decisions are due; give those persons."""
        if not person_ids:
            return frozenset()
        found = self._session.rows(_sql["wait_behind"], {"person_ids": list(person_ids)})
        return {PersonId(row["primary_key"]) for row in found}

    def _close(self, inbox_ids: Sequence[int], state: str, reason: str) -> None:
        if inbox_ids:
            self._session.run(_sql["close"], {"inbox_ids": list(inbox_ids), "state": state, "reason": reason})


def event_text(event: Event | None) -> str:
    """Write what an event carries beside its id, name and primary key."""
    if event is None:
        return "{}"
    carried: dict[str, Any] = {
        "changes": sorted(event.changes),
        "changed_by": event.changed_by,
        "timestamp": None if event.timestamp is None else event.timestamp.isoformat(),
        "notes": list(event.notes),
    }
    return json.dumps(carried)


def read_event(row: Row) -> Event:
    """Give a stored event as it was parsed."""
    carried = row["event"]
    timestamp, changed_by = carried.get("timestamp"), carried.get("changed_by")
    return Event(
        event_id=EventId(row["event_id"]),
        name=row["name"],
        primary_key=row["primary_key"],
        changes=frozenset(carried.get("changes", ())),
        changed_by=None if changed_by is None else AssociateId(changed_by),
        timestamp=None if timestamp is None else datetime.fromisoformat(timestamp),
        notes=tuple(carried.get("notes", ())),
    )


def _inbox_event(row: Row) -> InboxEvent:
    return InboxEvent(
        inbox_id=row["inbox_id"],
        event=read_event(row),
        received_at=row["received_at"],
        attempts=row["attempts"],
        decision_id=row["decision_id"],
    )
