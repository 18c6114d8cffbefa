"""The List agent: purposes, legal bases, sources, templates and the plain lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from so_sandbox.agents.caller import Agent, Arguments, Caller
from so_sandbox.agents.carriers import Carrier
from so_sandbox.world.errors import Duplicate, InvalidArgument, NotFound, ValidationFailed
from so_sandbox.world.lists import LegalBase, NamedItem, Purpose, Source, Template
from so_sandbox.world.tenant import Tenant

KEY = re.compile(r"[A-Za-z0-9]+")
BUILT_IN = frozenset(
    {
        "STORE", "EMARKETING", "USER", "EMAIL", "REQUEST", "CHAT", "WEBFORM", "CUSTOMERPORTAL", "IMPORT",
        "API", "UNKNOWN",
    }
)  # fmt: skip
"""Keys of the purposes and sources that every tenant comes with."""
Item = TypeVar("Item", Source, Purpose)


def source_carrier(item: Source) -> Carrier:
    return {
        "ConsentSourceId": item.item_id,
        "Name": item.name,
        "Tooltip": "",
        "Rank": item.rank,
        "Key": item.key,
        "MailTemplateId": item.mail_template_id,
        "Deleted": item.deleted,
    }


def legal_base_carrier(item: LegalBase) -> Carrier:
    return {
        "LegalBaseId": item.item_id,
        "Name": item.name,
        "Tooltip": "",
        "Rank": item.rank,
        "Key": item.key,
        "Deleted": item.deleted,
    }


def purpose_carrier(item: Purpose) -> Carrier:
    return {
        "ConsentPurposeId": item.item_id,
        "Name": item.name,
        "ConsentText": item.consent_text,
        "FormText": item.form_text,
        "Key": item.key,
        "Tooltip": "",
        "Active": item.active,
        "UpdatedDate": item.updated,
        "Deleted": item.deleted,
        "Rank": item.rank,
    }


def template_carrier(item: Template) -> Carrier:
    first = next(iter(item.wording.values()), ("", ""))
    return {
        "DocumentTemplateId": item.item_id,
        "Name": item.name,
        "Tooltip": "",
        "SaveInDb": 1,
        "RecordType": "Email",
        "Deleted": item.deleted,
        "Direction": "Outgoing",
        "Rank": item.rank,
        "MimeType": "text/html",
        "QuoteDocType": "None",
        "PrivacyDocType": "PersonRegistered" if item.privacy else "None",
        "EmailSubject": first[0],
        "SenderEmailMode": "UseDefaultSender",
        "SenderEmailAddress": "privacy@example.com",
        "InvitationDocType": "None",
    }


def named_carrier(item: NamedItem) -> Carrier:
    return {"Id": item.item_id, "Value": item.name, "Tooltip": ""}


def category_carrier(item: NamedItem) -> Carrier:
    return {**named_carrier(item), "CategoryGroup": "Unknown", "Rank": item.rank, "Deleted": item.deleted}


def all_of(table: str, carrier: Callable[..., Carrier], *, deleted: bool) -> Callable[..., list[Carrier]]:
    """Make an operation that answers a whole list."""

    def operation(caller: Caller, given: Arguments) -> list[Carrier]:
        with_deleted = given.get("IncludeDeleted", deleted)
        items = getattr(caller.tenant.tables.lists, table).values()
        return [carrier(item) for item in items if with_deleted or not item.deleted]

    return operation


def one_of(table: str, carrier: Callable[..., Carrier], argument: str) -> Callable[..., Carrier]:
    """Make an operation that answers one item by its id."""

    def operation(caller: Caller, given: Arguments) -> Carrier:
        item = getattr(caller.tenant.tables.lists, table).get(given[argument])
        if item is None:
            raise NotFound(f"list {table} has no item {given[argument]}")
        return carrier(item)

    return operation


def save_consent_source(caller: Caller, given: Arguments) -> Carrier:
    carrier: Carrier = given["ConsentSource"] or {}
    items = caller.tenant.tables.lists.sources
    with caller.tenant.change():
        item, what = _saved(Source, items, carrier, carrier.get("ConsentSourceId"), caller.tenant)
        item.mail_template_id = carrier.get("MailTemplateId") or 0
        caller.tenant.list_changed("sources", item.item_id, what=what, by=caller.associate_id)
        return source_carrier(item)


def save_consent_purpose(caller: Caller, given: Arguments) -> Carrier:
    carrier: Carrier = given["ConsentPurpose"] or {}
    items = caller.tenant.tables.lists.purposes
    with caller.tenant.change():
        item, what = _saved(Purpose, items, carrier, carrier.get("ConsentPurposeId"), caller.tenant)
        item.updated = caller.tenant.now()
        item.consent_text = carrier.get("ConsentText") or ""
        item.form_text = carrier.get("FormText") or ""
        item.active = carrier.get("Active") or 0
        caller.tenant.list_changed("purposes", item.item_id, what=what, by=caller.associate_id)
        return purpose_carrier(item)


def _saved(
    kind: type[Item], items: dict[int, Item], carrier: Carrier, item_id: int | None, tenant: Tenant
) -> tuple[Item, str]:
    """Keep what both kinds of items have, and name what has happened; an item is deleted by its flag."""
    old = items.get(item_id or 0)
    if item_id and old is None:
        raise NotFound(f"there is no item {item_id}")
    name, key, deleted = carrier.get("Name") or "", carrier.get("Key") or "", bool(carrier.get("Deleted"))
    if not name or not KEY.fullmatch(key):
        raise ValidationFailed("an item needs a name and a key of letters and digits")
    if any((key == one.key or name == one.name) and one is not old for one in items.values()):
        raise Duplicate("another item has this name or key")
    if old is not None and old.key in BUILT_IN and (key != old.key or deleted):
        raise ValidationFailed("the key of a built-in item can't be changed, and it can't be deleted")
    item = kind(tenant.tables.next_id(f"consent{kind.__name__.casefold()}"), "", "") if old is None else old
    what = "created" if old is None else "softdeleted" if deleted and not old.deleted else "changed"
    item.name, item.key, item.deleted = name, key, deleted
    item.rank = carrier.get("Rank") or item.rank or len(items) + 1
    items[item.item_id] = item
    return item, what


def get_emarketing_strict_mode(caller: Caller, given: Arguments) -> bool:
    del given
    return caller.tenant.preference("GDPR", "StrictMode").casefold() == "true"


def get_document_template_languages(caller: Caller, given: Arguments) -> list[str]:
    template = caller.tenant.tables.lists.templates.get(given["DocumentTemplateId"])
    if template is None:
        raise InvalidArgument(f"there is no template {given['DocumentTemplateId']}")
    return list(template.languages)


LIST: Agent = {
    "GetConsentSources": all_of("sources", source_carrier, deleted=False),
    "GetAllConsentSource": all_of("sources", source_carrier, deleted=True),
    "GetConsentSource": one_of("sources", source_carrier, "ConsentSourceId"),
    "SaveConsentSource": save_consent_source,
    "GetLegalBases": all_of("legal_bases", legal_base_carrier, deleted=False),
    "GetAllLegalBase": all_of("legal_bases", legal_base_carrier, deleted=True),
    "GetLegalBase": one_of("legal_bases", legal_base_carrier, "LegalBaseId"),
    "GetConsentPurposes": all_of("purposes", purpose_carrier, deleted=False),
    "GetConsentPurpose": one_of("purposes", purpose_carrier, "ConsentPurposeId"),
    "SaveConsentPurpose": save_consent_purpose,
    "GetEmarketingStrictMode": get_emarketing_strict_mode,
    "GetCategories": all_of("categories", category_carrier, deleted=False),
    "GetBusinesses": all_of("businesses", named_carrier, deleted=False),
    "GetPositions": all_of("positions", named_carrier, deleted=False),
    "GetAllDocumentTemplates": all_of("templates", template_carrier, deleted=False),
    "GetDocumentTemplateEntity": one_of("templates", template_carrier, "DocumentTemplateEntityId"),
    "GetDocumentTemplateLanguages": get_document_template_languages,
}
