"""What the CRM tells its webhooks after a change was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

NO_DATE = "0001-01-01T00:00:00"
_LOCAL = timezone(timedelta(hours=2))


def naive(when: datetime | None) -> str:
    """Write a time without a zone, as `registered` of a person's values has it."""
    return NO_DATE if when is None else f"{when:%Y-%m-%dT%H:%M:%S}"


def local(when: datetime | None) -> str:
    """Write a time with the server's own offset, as `updated` has it beside a naive `registered`."""
    return NO_DATE if when is None else f"{when.astimezone(_LOCAL):%Y-%m-%dT%H:%M:%S.%f}0+02:00"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one tenant; the dispatcher gives it an id and brings it to the subscriptions."""

    name: str
    primary_key: int
    entity: str
    timestamp: datetime
    changes: tuple[str, ...] = ()
    field_values: Mapping[str, object] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)
    changed_by_associate_id: int = 0
    subscribed_as: str = ""
    """What webhooks subscribe to, where that is not the name."""
