"""Events of activities: appointments, tasks, calls, and the row of an appointment behind each document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from so_privacy_ext.webhooks.events.columns import Id, Moment, Number
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityEvent(WebhookEvent):
    """Something happened to an activity."""

    ENTITY = "activity"
    KEY = "appointment_id"
    PAGE = "activity-events.md"

    active_date: Annotated[Moment, "activeDate"] = None
    associate_id: Id = None
    contact_id: Id = None
    do_by: Moment = None
    document_id: Id = None
    end_date: Annotated[Moment, "endDate"] = None
    modified_appointment_fields: Number = None
    mother_id: Id = None
    person_id: Id = None
    private: Number = None
    project_id: Id = None
    sale_id: Id = None
    status: Number = None
    task_idx: Id = None
    type: Number = None
    updated: Moment = None
    userdef2_id: Id = None
    userdef_id: Id = None


class ActivityCreated(ActivityEvent):
    """An activity was added."""

    __slots__ = ()
    NAME = "activity.created"
    CHANGES = (
        "appointment_id", "suggestedDocumentId", "status", "task_idx", "endDate", "document_id",
        "activeLinks", "assignedBy", "alarm", "done", "updatedCount", "contact_id", "emailId", "lagTime",
        "priority_idx",
        "associate_id", "userdef_id", "group_idx", "recurrenceRuleId", "private", "do_by", "location",
        "invitedPersonId", "registered_associate_id", "preferredTZLocation", "updated", "project_id",
        "rejectReason", "sale_id", "person_id", "activeDate", "rejectCounter", "color_index",
        "suggestedAppointmentId", "leadtime", "registered", "hasAlarm", "alldayEvent", "text_id",
        "updated_associate_id", "type", "userdef2_id", "freeBusy", "source", "isMilestone", "mother_id",
    )  # fmt: skip


class ActivityChanged(ActivityEvent):
    """The row of an activity was changed."""

    __slots__ = ()
    NAME = "activity.changed"
    CHANGES = ("appointment_id", "status", "done", "updated", "updated_associate_id", "updatedCount")


class ActivityDeleted(ActivityEvent):
    """An activity was deleted."""

    __slots__ = ()
    NAME = "activity.deleted"
    GONE = ("appointment_id", "contact_id", "person_id", "project_id", "sale_id")


EVENTS = (ActivityCreated, ActivityChanged, ActivityDeleted)
