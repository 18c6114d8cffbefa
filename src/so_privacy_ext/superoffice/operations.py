"""The allow-list: every operation that may be called, and what its reply must hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from lxml import etree

from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.envelope import ARRAYS, NIL, SERVICES, boolean

Kind = Literal["int", "boolean", "text", "key"]
_INT = re.compile(r"\s*[+-]?[0-9]{1,10}\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one agent; an item is what its array holds, fields are what must be in it."""

    agent: str
    name: str
    writes: bool = False
    mass: bool = False
    """Touches many persons at once: only a client that was made for it may call it."""
    returns: Literal["nothing", "array", "one", "text", "boolean", "int"] = "array"
    item: str = ""
    fields: Mapping[str, Kind] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.agent}.{self.name}"

    @property
    def soap_action(self) -> str:
        return f'"{SERVICES}/{self.agent}/{self.name}"'


_HOOK: Mapping[str, Kind] = {"WebhookId": "int", "TargetUrl": "text", "State": "key"}
_ITEM: Mapping[str, Kind] = {"Id": "int", "Value": "text"}
_PURPOSE: Mapping[str, Kind] = {
    "ConsentPurposeId": "int", "Key": "text", "Active": "int", "Deleted": "boolean"
}  # fmt: skip
_SOURCE: Mapping[str, Kind] = {
    "ConsentSourceId": "int", "Key": "text", "MailTemplateId": "int", "Deleted": "boolean"
}  # fmt: skip

_MASS: Mapping[str, Kind] = {"Success": "boolean"}

_ALLOWED = (
    Operation("Person", "SetConsent", writes=True, returns="nothing"),
    Operation("Person", "SendConsentConfirmationEmail", writes=True, returns="nothing"),
    Operation("Person", "GetBestSoLanguageForTemplate", returns="text"),
    Operation("Archive", "GetArchiveListByColumns2", item="ArchiveListItem"),
    Operation("List", "GetConsentPurposes", item="ConsentPurpose", fields=_PURPOSE),
    Operation("List", "GetLegalBases", item="LegalBase", fields={
        "LegalBaseId": "int", "Key": "text", "Deleted": "boolean"}),
    Operation("List", "GetConsentSources", item="ConsentSource", fields=_SOURCE),
    Operation("List", "GetConsentPurpose", returns="one", fields=_PURPOSE),
    Operation("List", "GetConsentSource", returns="one", fields=_SOURCE),
    Operation("List", "SaveConsentPurpose", writes=True, returns="one", fields=_PURPOSE),
    Operation("List", "SaveConsentSource", writes=True, returns="one", fields=_SOURCE),
    Operation("List", "GetCategories", item="Category", fields=_ITEM),
    Operation("List", "GetBusinesses", item="Business", fields=_ITEM),
    Operation("List", "GetPositions", item="Position", fields=_ITEM),
    Operation("List", "GetAllDocumentTemplates", item="DocumentTemplateEntity", fields={
        "DocumentTemplateId": "int", "Name": "text", "Deleted": "boolean", "PrivacyDocType": "key"}),
    Operation("List", "GetDocumentTemplateLanguages", item="string"),
    Operation("List", "GetEmarketingStrictMode", returns="boolean"),
    Operation("MDO", "GetList", item="MDOListItem", fields={"Id": "int", "ExtraInfo": "text"}),
    Operation("Preference", "GetPreferences", item="Preference", fields={"RawValue": "text"}),
    Operation("UserDefinedFieldInfo", "GetPublishedUserDefinedFieldList", item="UserDefinedFieldInfo",
        fields={"ColumnId": "int", "FieldType": "key", "UdefIdentity": "int", "UDListDefinitionId": "int"}),
    Operation("Webhook", "SaveWebhook", writes=True, returns="one", fields=_HOOK),
    Operation("Webhook", "GetAllWebhooks", item="Webhook", fields=_HOOK),
    Operation("Webhook", "DeleteWebhook", writes=True, returns="nothing"),
    Operation("DatabaseTable", "Insert", writes=True, mass=True, returns="one", fields=_MASS),
    Operation("DatabaseTable", "Upsert", writes=True, mass=True, returns="one", fields=_MASS),
    Operation("BulkUpdate", "GetAvailableFields", mass=True, item="FieldValueInfo", fields={"Key": "key"}),
    Operation("BulkUpdate", "ExecuteByEntityIds", writes=True, mass=True, returns="int"),
    Operation("Batch", "GetBatchTaskInfo", mass=True, returns="one", fields={"Id": "int", "State": "key"}),
)  # fmt: skip

ALLOWED: Mapping[str, Operation] = MappingProxyType({operation.name: operation for operation in _ALLOWED})
"""By name. SavePersonEntity, RemoveConsent and deletes of people's data are not here and never will be."""


def check(operation: Operation, response: etree._Element) -> None:
    """Demand of a response element all that the operation promises; extras and order don't matter."""
    if operation.returns == "nothing":
        return
    found = response.findall(f"{{{SERVICES}}}Response")
    if len(found) != 1:
        raise faults.protocol(operation.full_name, f"{len(found)} times Response")
    result = found[0]
    if operation.returns in ("text", "boolean", "int"):
        if not _is(operation.returns, result):
            raise faults.protocol(operation.full_name, f"Response is no {operation.returns}")
        return
    if result.get(NIL) in ("true", "1"):
        raise faults.protocol(operation.full_name, "Response is nil")
    if operation.returns == "one":
        _check_fields(operation, result)
        return
    namespace = ARRAYS if operation.item == "string" else SERVICES
    for item in result:
        if item.tag != f"{{{namespace}}}{operation.item}" or item.get(NIL) in ("true", "1"):
            raise faults.protocol(operation.full_name, "an item is nil or of another kind")
        _check_fields(operation, item)


def _check_fields(operation: Operation, item: etree._Element) -> None:
    for name, kind in operation.fields.items():
        found = item.findall(f"{{{SERVICES}}}{name}")
        if len(found) != 1 or not _is(kind, found[0]):
            raise faults.protocol(operation.full_name, f"{name} is missing or no {kind}")


def _is(kind: Kind, element: etree._Element) -> bool:
    text = element.text or ""
    if len(element):
        return False
    if kind == "int":
        return _INT.fullmatch(text) is not None
    if kind == "boolean":
        return boolean(text) is not None
    return kind == "text" or bool(text.strip())
