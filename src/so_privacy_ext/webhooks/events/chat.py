"""Events of chats. The vendor's list of columns and its example write them differently; both are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from so_privacy_ext.webhooks.events.columns import Flag, Id, Number, Text
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEvent(WebhookEvent):
    """Something happened in a chat."""

    ENTITY = "chatsession"
    KEY = "the chat session's id"
    PAGE = "chat-events.md"

    alert_level: Annotated[Number, "alertLevel", "AlertLevel"] = None
    chatbot_is_active: Annotated[Flag, "chatbotIsactive", "ChatbotIsactive"] = None
    consented: Annotated[Flag, "consented", "Consented"] = None
    contact_id: Annotated[Id, "contactId", "ContactId"] = None
    customer_alias: Annotated[Text, "customerAlias", "CustomerAlias"] = field(default=None, repr=False)
    customer_id: Annotated[Id, "customerId", "CustomerId"] = None
    project_id: Annotated[Id, "projectId", "ProjectId"] = None
    rating: Annotated[Number, "rating", "Rating"] = None
    sale_id: Annotated[Id, "saleId", "SaleId"] = None
    status: Annotated[Number, "status", "Status"] = None
    ticket_id: Annotated[Id, "ticketId", "TicketId"] = None
    topic_id: Annotated[Id, "topicId", "TopicId"] = None
    user_id: Annotated[Id, "userId", "UserId"] = None


class ChatCreated(ChatEvent):
    """A chat began."""

    __slots__ = ()
    NAME = "chatsession.created"


class ChatMessage(ChatEvent):
    """Somebody wrote a message in a chat."""

    __slots__ = ()
    NAME = "chatsession.message"
    CHANGES = (
        "chatSession.topicId", "chatSession.userId", "chatSession.customerId", "chatSession.customerName",
        "chatSession.customerEmail", "chatSession.companyName", "chatSession.customerPhone",
        "chatMessage.sessionId", "chatMessage.id", "chatMessage.message", "chatMessage.type",
        "chatMessage.specialType", "chatMessage.specialParam", "chatMessage.author",
    )  # fmt: skip


class ChatChanged(ChatEvent):
    """A chat is in another state."""

    __slots__ = ()
    NAME = "chatsession.changed"


EVENTS = (ChatCreated, ChatMessage, ChatChanged)
