"""What the CRM tells its webhooks after a change was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


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
