"""Events of relations between companies and persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from so_privacy_ext.webhooks.events.columns import Id, Moment, Number
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationEvent(WebhookEvent):
    """Something happened to a relation; its two ends are rows of tables that are told by number."""

    ENTITY = "relation"
    KEY = "relation_id"
    PAGE = "relation-events.md"

    associate_id: Annotated[Id, "associateId", "associate_id"] = None
    destination_record: Id = None
    destination_table: Number = None
    registered: Moment = None
    registered_associate_id: Id = None
    reldef_id: Id = None
    source_record: Id = None
    source_table: Number = None
    updated: Moment = None
    updated_associate_id: Id = None


class RelationCreated(RelationEvent):
    """A relation was added."""

    __slots__ = ()
    NAME = "relation.created"
    CHANGES = (
        "relation_id", "source_table", "updated", "reversed", "destination_table", "registered_associate_id",
        "group_idx", "reldef_id", "startDate", "updated_associate_id", "updatedCount", "associateId",
        "source_record", "relFlags", "registered", "relcomment", "endDate", "destination_record",
    )  # fmt: skip


class RelationChanged(RelationEvent):
    """The row of a relation was changed."""

    __slots__ = ()
    NAME = "relation.changed"
    CHANGES = ("relation_id", "reldef_id", "updated_associate_id", "updated", "relcomment")


class RelationDeleted(RelationEvent):
    """A relation was deleted."""

    __slots__ = ()
    NAME = "relation.deleted"
    GONE = ("associate_id", "relation_id")


EVENTS = (RelationCreated, RelationChanged, RelationDeleted)
