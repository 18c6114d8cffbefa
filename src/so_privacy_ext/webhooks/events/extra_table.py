"""Events of extra tables, which an administrator defines. Each event is named after its table."""

from __future__ import annotations

from dataclasses import dataclass

from so_privacy_ext.webhooks.events.columns import Id, Moment, Number
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraRowEvent(WebhookEvent):
    """Something happened to a row of an extra table; the administrator's columns are in `values`, as sent.

    In created and changed the CRM writes numbers as "[I:6]" and times as "[DT:09/16/2025 14:22:14.0000000]".
    """

    ENTITY = "y_{table}"
    KEY = "id"
    PAGE = "extratable-events.md"

    id: Id = None
    last_changed: Moment = None
    dbi_agent_id: Number = None
    dbi_last_syncronized: Moment = None
    dbi_last_modified: Moment = None

    @property
    def table(self) -> str:
        """Give the table's name, such as y_table."""
        return self.name.rpartition(".")[0]


class ExtraRowCreated(ExtraRowEvent):
    """An extra table got a new row."""

    __slots__ = ()
    NAME = "y_{table}.created"
    CHANGES = ("id", "last_changed")


class ExtraRowChanged(ExtraRowEvent):
    """A row of an extra table was changed."""

    __slots__ = ()
    NAME = "y_{table}.changed"
    CHANGES = ("id", "last_changed")


class ExtraRowDeleted(ExtraRowEvent):
    """A row of an extra table was deleted."""

    __slots__ = ()
    NAME = "y_{table}.deleted"


EVENTS = (ExtraRowCreated, ExtraRowChanged, ExtraRowDeleted)
