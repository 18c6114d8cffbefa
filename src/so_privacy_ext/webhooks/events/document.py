"""Events of documents, mails among them."""

from __future__ import annotations

from dataclasses import dataclass

from so_privacy_ext.webhooks.events.columns import Id, Moment
from so_privacy_ext.webhooks.events.event import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEvent(WebhookEvent):
    """Something happened to a document."""

    ENTITY = "document"
    KEY = "document_id"
    PAGE = "document-events.md"

    application_id: Id = None
    appointment_id: Id = None
    document_id: Id = None
    registered: Moment = None
    registered_associate_id: Id = None
    updated: Moment = None
    updated_associate_id: Id = None
    userdef2_id: Id = None
    userdef_id: Id = None


class DocumentCreated(DocumentEvent):
    """A document was added."""

    __slots__ = ()
    NAME = "document.created"
    CHANGES = (
        "document_id", "updated", "header", "name", "searchname", "userdef2_id", "attention",
        "registered_associate_id", "your_ref", "archiveProvider", "application_id", "updated_associate_id",
        "text_id", "extref", "appointment_id", "registered", "userdef_id", "updatedCount", "our_ref",
    )  # fmt: skip


class DocumentChanged(DocumentEvent):
    """The row of a document, or of the activity behind it, was changed."""

    __slots__ = ()
    NAME = "document.changed"
    CHANGES = ("status", "done", "updated", "updated_associate_id", "updatedCount")


class DocumentDeleted(DocumentEvent):
    """A document was deleted."""

    __slots__ = ()
    NAME = "document.deleted"
    GONE = ("document_id", "appointment_id")


class DocumentEdited(DocumentEvent):
    """The content of a document was changed."""

    __slots__ = ()
    NAME = "document.edited"


EVENTS = (DocumentCreated, DocumentChanged, DocumentDeleted, DocumentEdited)
