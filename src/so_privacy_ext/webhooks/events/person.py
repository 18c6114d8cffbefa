"""Events of persons. None tells of an e-mail address, a phone number or a user-defined field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from so_privacy_ext.webhooks.events.columns import Flag, Id, Moment, Number
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEvent(WebhookEvent):
    """Something happened to a person."""

    ENTITY = "person"
    KEY = "person_id"
    PAGE = "person-events.md"

    active_interests: Annotated[Number, "activeInterests"] = None
    associate_id: Id = None
    business_idx: Id = None
    category_idx: Id = None
    contact_id: Id = None
    country_id: Id = None
    deleted_date: Annotated[Moment, "DeletedDate"] = None
    group_id: Id = None
    person_id: Id = None
    position_idx: Id = None
    registered: Moment = None
    registered_associate_id: Id = None
    retired: Flag = None
    source: Number = None
    updated: Moment = None
    updated_associate_id: Id = None
    userdef2_id: Id = None
    userdef_id: Id = None


class PersonCreated(PersonEvent):
    """A person was added to the CRM."""

    __slots__ = ()
    NAME = "person.created"
    CHANGES = (
        "person_id", "usepersonaddress", "dbi_last_modified", "group_id", "post2", "department",
        "activeInterests", "dbi_agent_id", "gender", "country_id", "contact_id", "activeErpLinks",
        "year_of_birth", "userdef2_id", "phone_present", "initials", "userdef_id", "rank", "retired",
        "updatedCount", "dbi_last_syncronized", "sentInfo", "post1", "registered_associate_id",
        "person_number", "dbi_key", "middleName", "text_id", "updated", "ticketPriorityId", "kanalname",
        "month_of_birth", "lastname", "position_idx", "business_idx", "kanafname", "registered", "title",
        "supportLanguageId", "tzLocationId", "post3", "nomailing", "blockEmarketing", "firstname",
        "updated_associate_id", "supportAssociateId", "day_of_birth", "showContactTickets", "associate_id",
        "source", "mrmrs", "category_idx", "DeletedDate", "salutation",
    )  # fmt: skip


class PersonChanged(PersonEvent):
    """The row of a person was changed."""

    __slots__ = ()
    NAME = "person.changed"
    CHANGES = (
        "person_id", "year_of_birth", "person_number", "position_idx", "title", "updated",
        "updated_associate_id", "updatedCount",
    )  # fmt: skip


class PersonSoftDeleted(PersonEvent):
    """A person was deleted and can still be restored."""

    __slots__ = ()
    NAME = "person.softdeleted"
    CHANGES = None


class PersonDeleted(PersonEvent):
    """A person was removed for good."""

    __slots__ = ()
    NAME = "person.deleted"
    GONE = ("associate_id", "contact_id", "person_id")


class PersonConsented(PersonEvent):
    """A consent of a person was added or changed; which one is not said. The columns are its."""

    __slots__ = ()
    NAME = "person.consented"
    CHANGES = (
        "consentperson_id", "comment", "updated_associate_id", "consentSource_id", "updated", "legalBase_id",
    )  # fmt: skip


class PersonUnconsented(PersonEvent):
    """A consent of a person was removed or marked withdrawn; which one is not said."""

    __slots__ = ()
    NAME = "person.unconsented"


EVENTS = (
    PersonCreated,
    PersonChanged,
    PersonSoftDeleted,
    PersonDeleted,
    PersonConsented,
    PersonUnconsented,
)
