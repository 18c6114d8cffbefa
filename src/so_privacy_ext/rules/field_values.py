"""Reads what a manifest says of a user-defined field by what the tenant's field holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from so_privacy_ext.model import FieldKind, FieldValue, UserField
from so_privacy_ext.rules.findings import advice, shown
from so_privacy_ext.rules.names import normal, spellings

Written = bool | int | str
"""A value as it stands in a manifest."""

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
ORDERED = frozenset({FieldKind.NUMBER, FieldKind.DAY})
"""Kinds of which one value can be more than another."""
EMPTIABLE = frozenset({FieldKind.TEXT, FieldKind.DAY, FieldKind.ITEM})
"""Kinds that can be empty; a number that nobody gave is 0 in the CRM, and a checkbox not ticked."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that the field can't hold, and what to write instead."""

    what: str
    how: str


def read(field: UserField, written: Written) -> FieldValue | Misfit:
    """Give a value in the form in which the field's values are compared."""
    return _READERS[field.kind](field, written)


def empty(kind: FieldKind) -> FieldValue:
    """Give what the CRM has where nobody filled anything in."""
    return {FieldKind.NUMBER: 0, FieldKind.CHECKBOX: False}.get(kind)


def comparable(value: FieldValue) -> FieldValue:
    """Give a fact in the form in which it is compared: texts without regard to case."""
    return normal(value).casefold() if isinstance(value, str) else value


def misfit(field: UserField, found: str, how: str) -> Misfit:
    """Say that a field does not hold what was found."""
    return Misfit(f"{shown(field.prog_id)} holds {_HOLDS[field.kind]}, not {found}", how)


def _wrong(field: UserField, written: Written, how: str) -> Misfit:
    return misfit(field, shown(str(written).lower() if isinstance(written, bool) else str(written)), how)


def _text(field: UserField, written: Written) -> FieldValue | Misfit:
    if not isinstance(written, str):
        return _wrong(field, written, "put it in quotes if it is meant as text")
    return comparable(written)


def _number(field: UserField, written: Written) -> FieldValue | Misfit:
    if isinstance(written, str) and _NUMBER.fullmatch(written):
        return float(written)
    if isinstance(written, str | bool):
        return _wrong(field, written, 'write a number, one with decimals in quotes: 12 or "1.5"')
    return written


def _day(field: UserField, written: Written) -> FieldValue | Misfit:
    try:
        if isinstance(written, str) and _DAY.fullmatch(written):
            return date.fromisoformat(written)
    except ValueError:  # the 30th of February
        pass
    return _wrong(field, written, "write a day of the calendar, such as 2026-12-31")


def _checkbox(field: UserField, written: Written) -> FieldValue | Misfit:
    return written if isinstance(written, bool) else _wrong(field, written, "write true or false")


def _item(field: UserField, written: Written) -> FieldValue | Misfit:
    text = written if isinstance(written, str) else ""
    found = [item_id for item_id, name in field.items.items() if normal(text) in spellings(name)]
    if len(found) == 1:
        return found[0]
    if found:
        how = f"their ids are {', '.join(map(str, sorted(found)))}; give each a name of its own in the CRM"
        return Misfit(f"the list of {shown(field.prog_id)} has {len(found)} items {shown(text)}", how)
    known = sorted({one for name in field.items.values() for one in spellings(name)})
    return _wrong(field, written, advice(text, known))


_READERS: Mapping[FieldKind, Callable[[UserField, Written], FieldValue | Misfit]] = MappingProxyType(
    {
        FieldKind.TEXT: _text,
        FieldKind.NUMBER: _number,
        FieldKind.DAY: _day,
        FieldKind.CHECKBOX: _checkbox,
        FieldKind.ITEM: _item,
    }
)
_HOLDS: Mapping[FieldKind, str] = MappingProxyType(
    {
        FieldKind.TEXT: "a text",
        FieldKind.NUMBER: "a number",
        FieldKind.DAY: "a day",
        FieldKind.CHECKBOX: "a checkbox",
        FieldKind.ITEM: "an item of a list",
    }
)
