"""What the CRM tells of rows that a tenant of the sandbox doesn't hold, such as sales; the shape is true.

Columns are those of the vendor's webhook reference. Where it writes one in two ways, the example's is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from so_sandbox.world.events import NO_DATE

_UPDATED = ("updated", "updated_associate_id", "updatedCount")
_BY_DATE = frozenset(
    {
        "DeletedDate", "activeDate", "created_at", "dbi_last_modified", "dbi_last_syncronized", "do_by",
        "endDate", "last_changed", "registered", "saledate", "updated",
    }
)  # fmt: skip
_BY_TRUTH = frozenset({"ChatbotIsactive", "Consented"})


@dataclass(frozen=True, slots=True)
class Entity:
    """Rows of one table: the key's column, what `FieldValues` and `Values` hold, and what happens to rows."""

    key: str
    columns: tuple[str, ...] = ()
    """With a value in each event that inserts or updates."""
    gone: tuple[str, ...] = ()
    """Ids of a deleted row."""
    happens: tuple[str, ...] = ("created", "changed", "deleted")
    marks: tuple[str, ...] = _UPDATED
    """Columns that any change of a row changes too."""
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What else happens, with the columns it changes and no values."""

    def blank(self) -> dict[str, object]:
        """Give the values of a row of which nothing is known."""
        return {name: _blank(name) for name in self.columns}


def _blank(column: str) -> object:
    if column in _BY_TRUTH:
        return False
    return NO_DATE if column in _BY_DATE else 0


_SALE_STATUS = ("sale_id", "status", "updated", "updated_associate_id")

ENTITIES: Mapping[str, Entity] = {
    "activity": Entity(
        "appointment_id",
        (
            "activeDate", "associate_id", "contact_id", "do_by", "document_id", "endDate",
            "modified_appointment_fields", "mother_id", "person_id", "private", "project_id", "sale_id",
            "status", "task_idx", "type", "updated", "userdef2_id", "userdef_id",
        ),
        ("appointment_id", "contact_id", "person_id", "project_id", "sale_id"),
    ),
    "associate": Entity(
        "associate_id",
        (
            "deleted", "group_idx", "person_id", "registered_associate_id", "type", "updated",
            "updated_associate_id", "waiting_for_approval",
        ),
        ("associate_id", "person_id"),
    ),
    "chatsession": Entity(
        "",
        (
            "AlertLevel", "ChatbotIsactive", "Consented", "ContactId", "CustomerAlias", "CustomerId",
            "ProjectId", "Rating", "SaleId", "Status", "TicketId", "TopicId", "UserId",
        ),
        happens=("created", "changed"),
        marks=(),
        also={
            "message": (
                "chatSession.topicId", "chatSession.userId", "chatSession.customerId",
                "chatSession.customerName", "chatSession.customerEmail", "chatSession.companyName",
                "chatSession.customerPhone", "chatMessage.sessionId", "chatMessage.id",
                "chatMessage.message", "chatMessage.type", "chatMessage.specialType",
                "chatMessage.specialParam", "chatMessage.author",
            ),
        },
    ),
    "contact": Entity(
        "contact_id",
        (
            "activeInterests", "associate_id", "business_idx", "category_idx", "country_id", "deleted",
            "DeletedDate", "registered", "registered_associate_id", "source", "updated", "userdef2_id",
            "userdef_id",
        ),
        ("associate_id", "contact_id"),
        also={"softdeleted": ("contact_id", "deleted", *_UPDATED)},
    ),
    "document": Entity(
        "document_id",
        (
            "application_id", "appointment_id", "document_id", "registered", "registered_associate_id",
            "updated", "updated_associate_id", "userdef2_id", "userdef_id",
        ),
        ("document_id", "appointment_id"),
        also={"edited": ()},
    ),
    "project": Entity(
        "project_id",
        (
            "activeLinks", "associate_id", "done", "registered", "registered_associate_id", "status_idx",
            "type_idx", "updated", "updated_associate_id", "userdef2_id", "userdef_id",
        ),
        ("associate_id", "project_id"),
    ),
    "projectmember": Entity(
        "projectmember_id",
        (
            "contact_id", "mtype_idx", "person_id", "project_id", "projectmember_id", "registered",
            "registered_associate_id", "updated", "updated_associate_id",
        ),
        ("associate_id", "project_id"),
    ),
    "quote": Entity("", happens=(), also={"approved": (), "rejected": (), "sent": (), "ordered": ()}),
    "relation": Entity(
        "relation_id",
        (
            "associateId", "destination_record", "destination_table", "registered",
            "registered_associate_id", "reldef_id", "source_record", "source_table", "updated",
            "updated_associate_id",
        ),
        ("associate_id", "relation_id"),
    ),
    "sale": Entity(
        "sale_id",
        (
            "activeLinks", "appointment_id", "associate_id", "comptr_id", "contact_id", "credited_id",
            "currency_id", "done", "group_idx", "person_id", "probability_idx", "project_id", "reason_id",
            "reasonSold_id", "reasonStalled_id", "registered", "registered_associate_id", "saleTypeCat_id",
            "saleType_id", "saledate", "source_id", "status", "updated", "updated_associate_id",
            "userdef2_id", "userdef_id",
        ),
        ("associate_id", "contact_id", "person_id", "project_id"),
        also={
            "sold": _SALE_STATUS,
            "lost": _SALE_STATUS,
            "completed": ("sale_id", "done", "updated", "updated_associate_id"),
        },
    ),
    "salestakeholder": Entity(
        "salestakeholder_id",
        (
            "contact_id", "person_id", "registered", "registered_associate_id", "sale_id",
            "stakeholderrole_id", "updated", "updated_associate_id",
        ),
        ("sale_id",),
    ),
    "ticket": Entity(
        "id",
        (
            "category", "connect_id", "contact_id", "created_at", "cust_id", "has_attachment",
            "last_changed", "owned_by", "priority", "project_id", "sale_id", "slevel", "status",
            "ticket_status", "ticket_type",
        ),
        happens=("created", "changed"),
        marks=("last_changed",),
    ),
}  # fmt: skip

OTHER_LISTS = (
    "amountclass", "associate", "comptr", "contint", "credited", "currency", "deliveryterms",
    "deliverytype", "ejcategory", "extapp", "intent", "mrmrs", "paymentterms", "paymenttype", "persint",
    "pmembtype", "pricelist", "priceunit", "priority", "prob", "productcategory", "productfamily",
    "producttype", "projstatus", "projtype", "quoteapprreason", "quotedenyreason", "reason", "reasonsold",
    "reasonstalled", "rejectreason", "relationdefinition", "saletype", "saletypecat", "saletypestagelink",
    "salutation", "searchcat", "source", "stakeholderrole", "subscriptionunit", "tags", "task", "taskmenu",
    "ticketpriority", "ticketstatus", "tickettype", "udlist", "udlistdefinition", "usergroup",
)  # fmt: skip
"""Lists of the CRM that a tenant of the sandbox doesn't hold."""
