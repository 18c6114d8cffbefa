"""Events of a sale's stakeholders."""

from __future__ import annotations

from dataclasses import dataclass

from so_privacy_ext.webhooks.events.columns import Id, Moment
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeholderEvent(WebhookEvent):
    """Something happened to a stakeholder of a sale."""

    ENTITY = "salestakeholder"
    KEY = "salestakeholder_id"
    PAGE = "sale-stakeholder-events.md"

    contact_id: Id = None
    person_id: Id = None
    registered: Moment = None
    registered_associate_id: Id = None
    sale_id: Id = None
    stakeholderrole_id: Id = None
    updated: Moment = None
    updated_associate_id: Id = None


class StakeholderCreated(StakeholderEvent):
    """A sale got a new stakeholder."""

    __slots__ = ()
    NAME = "salestakeholder.created"
    CHANGES = (
        "salestakeholder_id", "rank", "sale_id", "stakeholderrole_id", "registered", "updated",
        "updated_associate_id", "person_id", "comment", "updatedCount", "registered_associate_id",
        "contact_id",
    )  # fmt: skip


class StakeholderChanged(StakeholderEvent):
    """The row of a stakeholder was changed."""

    __slots__ = ()
    NAME = "salestakeholder.changed"
    CHANGES = (
        "salestakeholder_id", "stakeholderrole_id", "updated", "updated_associate_id", "comment",
        "updatedCount",
    )  # fmt: skip


class StakeholderDeleted(StakeholderEvent):
    """A sale lost a stakeholder."""

    __slots__ = ()
    NAME = "salestakeholder.deleted"
    GONE = ("sale_id",)


EVENTS = (StakeholderCreated, StakeholderChanged, StakeholderDeleted)
