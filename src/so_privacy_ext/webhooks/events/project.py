"""Events of projects and of their members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from so_privacy_ext.webhooks.events.columns import Flag, Id, Moment, Number
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectEvent(WebhookEvent):
    """Something happened to a project."""

    ENTITY = "project"
    KEY = "project_id"
    PAGE = "project-events.md"

    active_links: Annotated[Number, "activeLinks"] = None
    associate_id: Id = None
    done: Flag = None
    registered: Moment = None
    registered_associate_id: Id = None
    status_idx: Id = None
    type_idx: Id = None
    updated: Moment = None
    updated_associate_id: Id = None
    userdef2_id: Id = None
    userdef_id: Id = None


class ProjectCreated(ProjectEvent):
    """A project was added."""

    __slots__ = ()
    NAME = "project.created"
    CHANGES = (
        "project_id", "text_id", "tzLocationId", "postitText_id", "activeErpLinks", "userdef2_id",
        "status_idx", "nmdAppointment_id", "registered", "endDate", "type_idx", "source", "activeLinks",
        "associate_id", "group_id", "done", "soundEx", "updated", "userdef_id", "updated_associate_id",
        "project_number", "nextMilestoneDate", "updatedCount", "registered_associate_id", "name",
    )  # fmt: skip


class ProjectChanged(ProjectEvent):
    """The row of a project was changed."""

    __slots__ = ()
    NAME = "project.changed"
    CHANGES = (
        "project_id", "endDate", "type_idx", "associate_id", "group_id", "updated", "updated_associate_id",
        "updatedCount",
    )  # fmt: skip


class ProjectDeleted(ProjectEvent):
    """A project was deleted."""

    __slots__ = ()
    NAME = "project.deleted"
    GONE = ("associate_id", "project_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMemberEvent(WebhookEvent):
    """Something happened to a member of a project."""

    ENTITY = "projectmember"
    KEY = "projectmember_id"
    PAGE = "project-member-events.md"

    contact_id: Id = None
    mtype_idx: Id = None
    person_id: Id = None
    project_id: Id = None
    projectmember_id: Id = None
    registered: Moment = None
    registered_associate_id: Id = None
    updated: Moment = None
    updated_associate_id: Id = None


class ProjectMemberCreated(ProjectMemberEvent):
    """A project got a new member."""

    __slots__ = ()
    NAME = "projectmember.created"
    CHANGES = (
        "projectmember_id", "rank", "text_id", "mtype_idx", "registered", "updated", "project_id",
        "updated_associate_id", "person_id", "updatedCount", "registered_associate_id", "contact_id",
    )  # fmt: skip


class ProjectMemberChanged(ProjectMemberEvent):
    """The row of a member of a project was changed."""

    __slots__ = ()
    NAME = "projectmember.changed"
    CHANGES = ("projectmember_id", "mtype_idx", "updated", "updated_associate_id", "updatedCount")


class ProjectMemberDeleted(ProjectMemberEvent):
    """A project lost a member."""

    __slots__ = ()
    NAME = "projectmember.deleted"
    GONE = ("associate_id", "project_id")


EVENTS = (
    ProjectCreated,
    ProjectChanged,
    ProjectDeleted,
    ProjectMemberCreated,
    ProjectMemberChanged,
    ProjectMemberDeleted,
)
