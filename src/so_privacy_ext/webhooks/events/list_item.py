"""Events of lists: the system's, by name, and those that an administrator defines, by number."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from so_privacy_ext.webhooks.events.event import WebhookEvent

LISTS = (
    "amountclass", "associate", "business", "category", "comptr", "consentpurpose", "consentsource",
    "contint", "country", "credited", "currency", "deliveryterms", "deliverytype", "doctmpl", "ejcategory",
    "extapp", "intent", "legalbase", "mrmrs", "paymentterms", "paymenttype", "persint", "perspos",
    "pmembtype", "pricelist", "priceunit", "priority", "prob", "productcategory", "productfamily",
    "producttype", "projstatus", "projtype", "quoteapprreason", "quotedenyreason", "reason", "reasonsold",
    "reasonstalled", "rejectreason", "relationdefinition", "saletype", "saletypecat", "saletypestagelink",
    "salutation", "searchcat", "source", "stakeholderrole", "subscriptionunit", "tags", "task", "taskmenu",
    "ticketpriority", "ticketstatus", "tickettype", "udlist", "udlistdefinition", "usergroup",
)  # fmt: skip
"""The names of system lists. Most can be subscribed to by the number of their definition too."""


_CHANGED = ("name", "tooltip", "rank", "deleted", "updated", "updated_associate_id")
_CREATED = (*_CHANGED, "registered", "registered_associate_id", "updatedCount")

TABLES_OF_THEIR_OWN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ejcategory": ("id", "parent_id", "name", "category_master", "fullname", "flags", "external_name"),
        "pricelist": (
            "pricelist_id", "Name", "Description", "CurrencyId", "ValidFrom", "ValidTo", "IsActive",
            "registered", "registered_associate_id", "updated", "updated_associate_id", "updatedCount",
        ),
        "saletypestagelink": (
            "SaleTypeStageLink_id", "saleType_id", "stageId", "rank", "deleted", "registered",
            "registered_associate_id", "updated", "updated_associate_id", "updatedCount",
        ),
        "ticketpriority": ("id", "name", "status", "flags", "deadline", "sort_order"),
        "ticketstatus": ("id", "status", "ts_rank", "name", "time_counter", "deleted", "no_email_reopen"),
        "tickettype": (
            "ticket_type_id", "name", "rank", "tooltip", "icon", "default_status", "default_priority",
            "is_external", "registered", "registered_associate_id", "updated", "updated_associate_id",
            "updatedCount",
        ),
    }
)  # fmt: skip
"""The tables behind some lists lack columns that all others have; these are what changes there."""


class ListItemEvent(WebhookEvent):
    """Something happened to an item of a list; the CRM sends no values of it."""

    __slots__ = ()
    ENTITY = "list.{list}"
    KEY = "the item's id in its list's table"
    PAGE = "list-events.md"

    @property
    def list(self) -> str:
        """Give the list's name, or the number of its definition."""
        return self.name.split(".")[1]


class ListItemCreated(ListItemEvent):
    """A list got a new item."""

    __slots__ = ()
    NAME = "list.{list}.created"
    CHANGES = _CREATED


class ListItemChanged(ListItemEvent):
    """An item of a list was changed."""

    __slots__ = ()
    NAME = "list.{list}.changed"
    CHANGES = _CHANGED


class ListItemSoftDeleted(ListItemEvent):
    """An item of a list was marked deleted."""

    __slots__ = ()
    NAME = "list.{list}.softdeleted"
    CHANGES = _CHANGED


EVENTS = (ListItemCreated, ListItemChanged, ListItemSoftDeleted)
