"""Events of contacts, as the CRM calls companies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from so_privacy_ext.webhooks.events.columns import Flag, Id, Moment, Number
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEvent(WebhookEvent):
    """Something happened to a company."""

    ENTITY = "contact"
    KEY = "contact_id"
    PAGE = "contact-events.md"

    active_interests: Annotated[Number, "activeInterests"] = None
    associate_id: Id = None
    business_idx: Id = None
    category_idx: Id = None
    country_id: Id = None
    deleted: Flag = None
    deleted_date: Annotated[Moment, "DeletedDate"] = None
    registered: Moment = None
    registered_associate_id: Id = None
    source: Number = None
    updated: Moment = None
    userdef2_id: Id = None
    userdef_id: Id = None


class ContactCreated(ContactEvent):
    """A company was added."""

    __slots__ = ()
    NAME = "contact.created"
    CHANGES = (
        "contact_id", "activeErpLinks", "activeInterests", "associate_id", "business_idx", "category_idx",
        "country_id", "dbi_agent_id", "dbi_key", "dbi_last_modified", "dbi_last_syncronized", "deleted",
        "department", "group_id", "kananame", "mother_id", "name", "nomailing", "number1", "number2", "orgNr",
        "registered_associate_id", "registered", "soundEx", "source", "supportAssociateId",
        "supportLanguageId", "supportPersonId", "text_id", "ticketPriorityId", "tzLocationId",
        "updated_associate_id", "updated", "updatedCount", "userdef_id", "userdef2_id", "xstop",
    )  # fmt: skip


class ContactChanged(ContactEvent):
    """The row of a company was changed."""

    __slots__ = ()
    NAME = "contact.changed"
    CHANGES = ("contact_id", "associate_id", "department", "updated_associate_id", "updated", "updatedCount")


class ContactSoftDeleted(ContactEvent):
    """A company was deleted and can still be restored."""

    __slots__ = ()
    NAME = "contact.softdeleted"
    CHANGES = None


class ContactDeleted(ContactEvent):
    """A company was removed for good."""

    __slots__ = ()
    NAME = "contact.deleted"
    GONE = ("associate_id", "contact_id")


EVENTS = (ContactCreated, ContactChanged, ContactSoftDeleted, ContactDeleted)
