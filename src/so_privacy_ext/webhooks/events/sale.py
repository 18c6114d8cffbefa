"""Events of sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from so_privacy_ext.webhooks.events.columns import Flag, Id, Moment, Number
from so_privacy_ext.webhooks.events.event import WebhookEvent


class SaleEvent(WebhookEvent):
    """Something happened to a sale."""

    __slots__ = ()
    ENTITY = "sale"
    KEY = "sale_id"
    PAGE = "sale-events.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRowEvent(SaleEvent):
    """Something happened to the row of a sale, and its values are told."""

    active_links: Annotated[Number, "activeLinks"] = None
    appointment_id: Id = None
    associate_id: Id = None
    comptr_id: Id = None
    contact_id: Id = None
    credited_id: Id = None
    currency_id: Id = None
    done: Flag = None
    group_idx: Id = None
    person_id: Id = None
    probability_idx: Id = None
    project_id: Id = None
    reason_id: Id = None
    reason_sold_id: Annotated[Id, "reasonSold_id"] = None
    reason_stalled_id: Annotated[Id, "reasonStalled_id"] = None
    registered: Moment = None
    registered_associate_id: Id = None
    sale_type_cat_id: Annotated[Id, "saleTypeCat_id"] = None
    sale_type_id: Annotated[Id, "saleType_id"] = None
    saledate: Moment = None
    source_id: Id = None
    status: Number = None
    updated: Moment = None
    updated_associate_id: Id = None
    userdef2_id: Id = None
    userdef_id: Id = None


class SaleCreated(SaleRowEvent):
    """A sale was added."""

    __slots__ = ()
    NAME = "sale.created"
    CHANGES = (
        "sale_id", "status", "nddAppointment_id", "postitText_id", "appointment_id", "activeLinks",
        "saledate", "source_id", "done", "updatedCount", "reasonStalled_id", "contact_id", "activeErpLinks",
        "registered", "associate_id", "comptr_id", "userdef_id", "currency_id", "heading", "credited_id",
        "updated", "project_id", "reopenDate", "earning", "probability", "nextDueDate", "reasonSold_id",
        "person_id", "earning_percent", "group_idx", "saleTypeCat_id", "visibility", "text_id", "number1",
        "amount", "registered_associate_id", "updated_associate_id", "userdef2_id", "saleType_id", "source",
        "probability_idx", "reason_id",
    )  # fmt: skip


class SaleChanged(SaleRowEvent):
    """The row of a sale was changed."""

    __slots__ = ()
    NAME = "sale.changed"
    CHANGES = (
        "sale_id", "earning", "probability", "earning_percent", "amount", "probability_idx", "updated",
        "updated_associate_id", "updatedCount",
    )  # fmt: skip


class SaleDeleted(SaleRowEvent):
    """A sale was deleted."""

    __slots__ = ()
    NAME = "sale.deleted"
    # One of the vendor's two examples has sale_id beside them.
    GONE = ("associate_id", "contact_id", "person_id", "project_id")


class SaleSold(SaleEvent):
    """The status of a sale was set to sold; its values come with sale.changed."""

    __slots__ = ()
    NAME = "sale.sold"
    CHANGES = ("sale_id", "status", "updated", "updated_associate_id")


class SaleLost(SaleEvent):
    """The status of a sale was set to lost; its values come with sale.changed."""

    __slots__ = ()
    NAME = "sale.lost"
    CHANGES = ("sale_id", "status", "updated", "updated_associate_id")


class SaleCompleted(SaleEvent):
    """A sale was marked completed; its values come with sale.changed."""

    __slots__ = ()
    NAME = "sale.completed"
    CHANGES = ("sale_id", "done", "updated", "updated_associate_id")


EVENTS = (SaleCreated, SaleChanged, SaleDeleted, SaleSold, SaleLost, SaleCompleted)
