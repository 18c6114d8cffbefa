"""Events of tickets, as the CRM calls requests to its customer service."""

from __future__ import annotations

from dataclasses import dataclass

from so_privacy_ext.webhooks.events.columns import Flag, Id, Moment, Number
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent(WebhookEvent):
    """Something happened to a request; who sent it is `cust_id`, a person's id."""

    ENTITY = "ticket"
    KEY = "id"
    PAGE = "ticket-events.md"

    category: Id = None
    connect_id: Id = None
    contact_id: Id = None
    created_at: Moment = None
    cust_id: Id = None
    has_attachment: Flag = None
    last_changed: Moment = None
    owned_by: Id = None
    priority: Id = None
    project_id: Id = None
    sale_id: Id = None
    slevel: Number = None
    status: Number = None
    ticket_status: Id = None
    ticket_type: Id = None


class TicketCreated(TicketEvent):
    """A request came in."""

    __slots__ = ()
    NAME = "ticket.created"
    # Empty in the vendor's example, which is older than the release since when there are some.
    CHANGES = None


class TicketChanged(TicketEvent):
    """The row of a request was changed."""

    __slots__ = ()
    NAME = "ticket.changed"
    CHANGES = ("id", "read_by_owner")


EVENTS = (TicketCreated, TicketChanged)
