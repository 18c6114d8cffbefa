"""Kinds of values in a payload, as the models of events name them, and how a value as sent becomes one.

A model's attribute is read from the column of its own name, or from those that its annotation names:
`saletype: Annotated[Id, "saleType_id"]`. Whatever does not fit is None, since values are hints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple, get_type_hints


class Kind(StrEnum):
    """What a column holds."""

    ID = "id"
    NUMBER = "number"
    FLAG = "flag"
    MOMENT = "moment"
    TEXT = "text"


Id = Annotated[int | None, Kind.ID]
"""A row's number; the CRM writes 0 or -1 for none."""
Number = Annotated[int | None, Kind.NUMBER]
Flag = Annotated[bool | None, Kind.FLAG]
"""The CRM writes 0 and 1, of chats false and true."""
Moment = Annotated[datetime | None, Kind.MOMENT]
"""As sent: some with an offset and some without, and nobody says of which zone those are; year 1 is none."""
Text = Annotated[str | None, Kind.TEXT]

_KNOWN: dict[type, Mapping[str, Column]] = {}
_TAGGED = re.compile(r"\[(?:I|DT):(.*)\]")
_DIGITS = re.compile(r"-?[0-9]{1,10}")
_AMERICAN = "%m/%d/%Y %H:%M:%S"


class Column(NamedTuple):
    """A column as the vendor writes it, in each of its spellings, and what it holds."""

    spellings: tuple[str, ...]
    kind: Kind


def columns(model: type) -> Mapping[str, Column]:
    """Give the columns that a model reads, by attribute."""
    if model not in _KNOWN:
        _KNOWN[model] = MappingProxyType(_columns(model))
    return _KNOWN[model]


def _columns(model: type) -> dict[str, Column]:
    found = {}
    for name, hint in get_type_hints(model, include_extras=True).items():
        kind, *spellings = getattr(hint, "__metadata__", (None,))
        if isinstance(kind, Kind):
            found[name] = Column(tuple(spellings) or (name,), kind)
    return found


def read(model: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a model's attributes are by the values of a payload."""
    return {
        name: next((_READERS[kind](values[one]) for one in spellings if one in values), None)
        for name, (spellings, kind) in columns(model).items()
    }


def _number(value: Any) -> int | None:
    if type(value) is str:
        # Rows of extra tables come as "[I:6]", and of chats some ids as texts.
        tagged = _TAGGED.fullmatch(value)
        text = tagged[1] if tagged else value
        return int(text) if _DIGITS.fullmatch(text) else None
    return value if type(value) is int else None


def _id(value: Any) -> int | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _flag(value: Any) -> bool | None:
    if type(value) is bool:
        return value
    return {0: False, 1: True}.get(value) if type(value) is int else None


def _moment(value: Any) -> datetime | None:
    if type(value) is not str:
        return None
    tagged = _TAGGED.fullmatch(value)
    try:
        read = (
            datetime.strptime(tagged[1].partition(".")[0], _AMERICAN)  # noqa: DTZ007 the zone is not said
            if tagged
            else datetime.fromisoformat(value)
        )
    except ValueError:
        return None
    return read if read.year > 1 else None


def _text(value: Any) -> str | None:
    return value if type(value) is str else None


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.ID: _id,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.MOMENT: _moment,
    Kind.TEXT: _text,
}
