"""The catalogue: each event of SuperOffice with its typed model, one module a family of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from so_privacy_ext.webhooks.events import (
    activity,
    associate,
    chat,
    contact,
    document,
    extra_table,
    list_item,
    person,
    project,
    quote,
    relation,
    sale,
    stakeholder,
    ticket,
    webhook,
)
from so_privacy_ext.webhooks.events.activity import (
    ActivityChanged,
    ActivityCreated,
    ActivityDeleted,
    ActivityEvent,
)
from so_privacy_ext.webhooks.events.associate import (
    AssociateChanged,
    AssociateCreated,
    AssociateDeleted,
    AssociateEvent,
)
from so_privacy_ext.webhooks.events.chat import (
    ChatChanged,
    ChatCreated,
    ChatEvent,
    ChatMessage,
)
from so_privacy_ext.webhooks.events.contact import (
    ContactChanged,
    ContactCreated,
    ContactDeleted,
    ContactEvent,
    ContactSoftDeleted,
)
from so_privacy_ext.webhooks.events.document import (
    DocumentChanged,
    DocumentCreated,
    DocumentDeleted,
    DocumentEdited,
    DocumentEvent,
)
from so_privacy_ext.webhooks.events.event import OtherEvent, WebhookEvent
from so_privacy_ext.webhooks.events.extra_table import (
    ExtraRowChanged,
    ExtraRowCreated,
    ExtraRowDeleted,
    ExtraRowEvent,
)
from so_privacy_ext.webhooks.events.list_item import (
    ListItemChanged,
    ListItemCreated,
    ListItemEvent,
    ListItemSoftDeleted,
)
from so_privacy_ext.webhooks.events.person import (
    PersonChanged,
    PersonConsented,
    PersonCreated,
    PersonDeleted,
    PersonEvent,
    PersonSoftDeleted,
    PersonUnconsented,
)
from so_privacy_ext.webhooks.events.project import (
    ProjectChanged,
    ProjectCreated,
    ProjectDeleted,
    ProjectEvent,
    ProjectMemberChanged,
    ProjectMemberCreated,
    ProjectMemberDeleted,
    ProjectMemberEvent,
)
from so_privacy_ext.webhooks.events.quote import (
    QuoteApproved,
    QuoteEvent,
    QuoteOrdered,
    QuoteRejected,
    QuoteSent,
)
from so_privacy_ext.webhooks.events.relation import (
    RelationChanged,
    RelationCreated,
    RelationDeleted,
    RelationEvent,
)
from so_privacy_ext.webhooks.events.sale import (
    SaleChanged,
    SaleCompleted,
    SaleCreated,
    SaleDeleted,
    SaleEvent,
    SaleLost,
    SaleRowEvent,
    SaleSold,
)
from so_privacy_ext.webhooks.events.stakeholder import (
    StakeholderChanged,
    StakeholderCreated,
    StakeholderDeleted,
    StakeholderEvent,
)
from so_privacy_ext.webhooks.events.ticket import (
    TicketChanged,
    TicketCreated,
    TicketEvent,
)
from so_privacy_ext.webhooks.events.webhook import (
    WebhookErrors,
    WebhookStarted,
    WebhookStateEvent,
    WebhookStopped,
    WebhookTested,
)

_FAMILIES = (
    activity,
    associate,
    chat,
    contact,
    document,
    extra_table,
    person,
    project,
    quote,
    relation,
    sale,
    stakeholder,
    ticket,
    webhook,
)

EVENTS: Mapping[str, type[WebhookEvent]] = MappingProxyType(
    {
        **{model.NAME: model for family in _FAMILIES for model in family.EVENTS},
        **{model.NAME: model for model in list_item.EVENTS},
        **{model.NAME.format(list=name): model for name in list_item.LISTS for model in list_item.EVENTS},
    }
)
"""Each event's model by the event's name; `{list}` stands for a number, `{table}` for the rest of a name."""

_MANY = re.compile(
    r"(?P<list>list)\.[0-9]{1,10}\.(?P<change>created|changed|softdeleted)"
    r"|y_[a-z0-9_]+\.(?P<row>created|changed|deleted)"
)


def model_of(name: str) -> type[WebhookEvent]:
    """Give the model of an event as a body names it; `OtherEvent` for what the catalogue does not have."""
    known = EVENTS.get(name)
    if known is not None and "{" not in name:
        return known
    found = _MANY.fullmatch(name)
    if found is None:
        return OtherEvent
    return EVENTS[f"list.{{list}}.{found['change']}" if found["list"] else f"y_{{table}}.{found['row']}"]


__all__ = (
    "EVENTS",
    "ActivityChanged",
    "ActivityCreated",
    "ActivityDeleted",
    "ActivityEvent",
    "AssociateChanged",
    "AssociateCreated",
    "AssociateDeleted",
    "AssociateEvent",
    "ChatChanged",
    "ChatCreated",
    "ChatEvent",
    "ChatMessage",
    "ContactChanged",
    "ContactCreated",
    "ContactDeleted",
    "ContactEvent",
    "ContactSoftDeleted",
    "DocumentChanged",
    "DocumentCreated",
    "DocumentDeleted",
    "DocumentEdited",
    "DocumentEvent",
    "ExtraRowChanged",
    "ExtraRowCreated",
    "ExtraRowDeleted",
    "ExtraRowEvent",
    "ListItemChanged",
    "ListItemCreated",
    "ListItemEvent",
    "ListItemSoftDeleted",
    "OtherEvent",
    "PersonChanged",
    "PersonConsented",
    "PersonCreated",
    "PersonDeleted",
    "PersonEvent",
    "PersonSoftDeleted",
    "PersonUnconsented",
    "ProjectChanged",
    "ProjectCreated",
    "ProjectDeleted",
    "ProjectEvent",
    "ProjectMemberChanged",
    "ProjectMemberCreated",
    "ProjectMemberDeleted",
    "ProjectMemberEvent",
    "QuoteApproved",
    "QuoteEvent",
    "QuoteOrdered",
    "QuoteRejected",
    "QuoteSent",
    "RelationChanged",
    "RelationCreated",
    "RelationDeleted",
    "RelationEvent",
    "SaleChanged",
    "SaleCompleted",
    "SaleCreated",
    "SaleDeleted",
    "SaleEvent",
    "SaleLost",
    "SaleRowEvent",
    "SaleSold",
    "StakeholderChanged",
    "StakeholderCreated",
    "StakeholderDeleted",
    "StakeholderEvent",
    "TicketChanged",
    "TicketCreated",
    "TicketEvent",
    "WebhookErrors",
    "WebhookEvent",
    "WebhookStarted",
    "WebhookStateEvent",
    "WebhookStopped",
    "WebhookTested",
    "model_of",
)
