"""Events of associates: the users of a tenant."""

from __future__ import annotations

from dataclasses import dataclass

from so_privacy_ext.webhooks.events.columns import Flag, Id, Moment, Number
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateEvent(WebhookEvent):
    """Something happened to a user."""

    ENTITY = "associate"
    KEY = "associate_id"
    PAGE = "associate-events.md"

    deleted: Flag = None
    group_idx: Id = None
    person_id: Id = None
    registered_associate_id: Id = None
    type: Number = None
    updated: Moment = None
    updated_associate_id: Id = None
    waiting_for_approval: Flag = None


class AssociateCreated(AssociateEvent):
    """A user was added."""

    __slots__ = ()
    NAME = "associate.created"
    CHANGES = (
        "associate_id", "rank", "checklistlimit", "tzLocationId", "group_idx", "isLocation",
        "locationAddress", "name", "lastlogin", "registered", "updated_associate_id", "type", "tooltip",
        "updated", "userFlags", "encryptedCheck", "person_id", "lastlogout", "deleted", "updatedCount",
        "registered_associate_id", "ejuserId",
    )  # fmt: skip


class AssociateChanged(AssociateEvent):
    """The row of a user was changed."""

    __slots__ = ()
    NAME = "associate.changed"
    CHANGES = ("associate_id", "group_idx", "updated", "updated_associate_id")


class AssociateDeleted(AssociateEvent):
    """A user was deleted."""

    __slots__ = ()
    NAME = "associate.deleted"
    GONE = ("associate_id", "person_id")


EVENTS = (AssociateCreated, AssociateChanged, AssociateDeleted)
