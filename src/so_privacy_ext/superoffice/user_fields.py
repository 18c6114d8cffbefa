"""Reads which fields a tenant's administrator has added to persons and companies, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from so_privacy_ext.errors import Applied, Fault
from so_privacy_ext.model import FieldKind, FieldValue, UserField
from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.archive import Column, Row, integer, moment, read_all, text
from so_privacy_ext.superoffice.client import SoapClient

_OWNERS: Mapping[str, str] = MappingProxyType({"person": "Person", "company": "Contact"})
"""Our word → UDefType."""
_KINDS: Mapping[str, FieldKind] = MappingProxyType(
    {
        "Number": FieldKind.NUMBER,
        "ShortText": FieldKind.TEXT,
        "LongText": FieldKind.TEXT,
        "Date": FieldKind.DAY,
        "UnlimitedDate": FieldKind.DAY,
        "Checkbox": FieldKind.CHECKBOX,
        "List": FieldKind.ITEM,
        "Decimal": FieldKind.NUMBER,
    }
)
"""UDefFieldType → what it holds."""
_SORTS = (("long", 1, 60), ("string", 61, 100), ("double", 101, 110))
"""Columns of udpersonsmall and udcontactsmall, by number; a column id is 256 times the table's plus that."""
_SORT_OF = {"ShortText": "string", "UnlimitedDate": "string", "Decimal": "double"}
"""All others but long texts are whole numbers."""
_FIRST_LONG, _LONG_TEXTS = 40, 9
"""Columns string41 to string49 of the large tables have the numbers 1 to 9."""
_ITEM = (
    Column("udlist_id", integer),
    Column("UDListDefinition_id", integer),
    Column("name", text),
    Column("deleted", integer, required=False),
)
_DECIMAL = re.compile(r"\[F:(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)\]|(-?[0-9]+(?:\.[0-9]+)?)", re.ASCII)
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)


def read_fields(client: SoapClient) -> tuple[UserField, ...]:
    """Read all published fields of persons and companies, and the items of the lists that they show."""
    standing = layouts(client)
    found = [
        (owner, item)
        for owner, of in _OWNERS.items()
        for item in client.items("GetPublishedUserDefinedFieldList", OwnerType=of)
    ]
    names = _items(client) if any(item.FieldType == "List" for _, item in found) else {}
    return tuple(
        UserField(
            owner,
            item.ProgId or f"SuperOffice:{item.UdefIdentity}",
            item.FieldLabel or "",
            _KINDS[item.FieldType],
            column,
            names.get(item.UDListDefinitionId, {}) if item.FieldType == "List" else {},
            layout=standing[owner],
        )
        for owner, item in found
        if item.FieldType in _KINDS and (column := _column(item.FieldType, item.ColumnId))
    )


def layouts(client: SoapClient) -> dict[str, str]:
    """Give the number of each owner's last publication, as the CRM writes it; empty where it says none."""
    keys = {owner: f"CurrentUdefVersion{of.lower()}" for owner, of in _OWNERS.items()}
    asked = {"PreferenceSpec": [{"Section": "System", "Key": key} for key in keys.values()]}
    said = {
        item.Specification.Key: str(item.RawValue or "")
        for item in client.items("GetPreferences", Specifications=asked)
        if item.Specification is not None
    }
    return {owner: said.get(key, "") for owner, key in keys.items()}


def moved(client: SoapClient, fields: Sequence[UserField]) -> bool:
    """Tell whether fields were published anew since they were read: their columns may hold others now."""
    standing = layouts(client)
    return any(standing[one.owner] != one.layout for one in fields)


def refusal() -> Exception:
    """Make the failure of a reading whose columns were moved meanwhile; it is done again."""
    return faults.failure(
        Fault.TRANSIENT,
        "Archive.person",
        applied=Applied.NO,
        detail="user-defined fields were published anew",
    )


def columns(fields: Iterable[UserField], owner: str) -> tuple[Column, ...]:
    """Give the columns of an owner's fields."""
    return tuple(Column(one.column, _decoder(one), required=False) for one in fields if one.owner == owner)


def values(fields: Iterable[UserField], owner: str, row: Row | None) -> dict[str, FieldValue]:
    """Give what stands in an owner's fields by key; without an owner they are empty, all of them."""
    return {one.key: None if row is None else row[one.column] for one in fields if one.owner == owner}


def _items(client: SoapClient) -> dict[int, dict[int, str]]:
    """Give the items of the administrator's own lists, by list."""
    found: dict[int, dict[int, str]] = {}
    for row in read_all(client, "udlist", _ITEM):
        if not row["deleted"]:
            found.setdefault(row["UDListDefinition_id"], {})[row["udlist_id"]] = row["name"]
    return found


def _column(kind: str, column_id: int) -> str:
    """Name a field's column as seen from its owner; empty where its number is none of the kind's."""
    number = column_id & 255
    if kind == "LongText":
        return f"userdef2_id.string{_FIRST_LONG + number}" if 1 <= number <= _LONG_TEXTS else ""
    for sort, first, last in _SORTS:
        if first <= number <= last and sort == _SORT_OF.get(kind, "long"):
            return f"userdef_id.{sort}{number - first + 1:02}"
    return ""


def _decoder(field: UserField) -> Any:
    if field.kind is FieldKind.CHECKBOX:
        return lambda shown: integer(shown) == 1
    if field.kind is FieldKind.ITEM:
        return lambda shown: integer(shown) or None
    if field.kind is FieldKind.TEXT:
        return lambda shown: text(shown) or None
    is_text = ".string" in field.column
    if field.kind is FieldKind.DAY:
        return _unlimited_day if is_text else _day
    return _decimal if ".double" in field.column else integer


def _day(shown: str | None) -> date | None:
    """Decode seconds since 1970, or a date; 0 = not given."""
    word = (shown or "").strip()
    if word.startswith(("[D:", "[DT:")):
        found = moment(word)
        return None if found is None else found.date()
    seconds = integer(word)
    return datetime.fromtimestamp(seconds, UTC).date() if seconds else None


def _unlimited_day(shown: str | None) -> date | None:
    """Decode `20261231`."""
    word = (shown or "").strip()
    if not word:
        return None
    match = _DAY.fullmatch(word)
    if match is None:
        raise ValueError("a day in a form that the contract does not know")
    year, month, day = map(int, match.groups())
    return date(year, month, day)


def _decimal(shown: str | None) -> float:
    word = (shown or "").strip()
    if not word:
        return 0.0
    match = _DECIMAL.fullmatch(word)
    if match is None:
        raise ValueError("a number in a form that the contract does not know")
    return float(match[1] or match[2])
