"""Batched reads of raw tables through the archive's `Dynamic` provider, decoded by declared type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from lxml import etree

from so_privacy_ext.errors import CrmFailure, Fault
from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.envelope import NIL, SERVICES

PAGE = 1000
"""The vendor's advice for the largest page."""
BATCH = 200
"""Ids in one filter; the longest allowed is not documented."""

_OPERATION = "GetArchiveListByColumns2"
_NAME = f"Archive.{_OPERATION}"
_TAG = f"{{{SERVICES}}}"
_DATA, _PAIR = f"{_TAG}ColumnData", f"{_TAG}ColumnDataKeyValuePair"
_KEY, _VALUE, _DISPLAY = f"{_TAG}Key", f"{_TAG}Value", f"{_TAG}DisplayValue"
_INTEGER = re.compile(r"\[I:(-?[0-9]{1,10})\]|(-?[0-9]{1,10})", re.ASCII)
_WORDS = {"true": 1, "false": 0, "[i:true]": 1, "[i:false]": 0}
_MOMENT = re.compile(
    r"\[DT?:(?:(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})|(?P<y2>\d{4})-(?P<m2>\d\d)-(?P<d2>\d\d))"
    r"(?:[ T](?P<h>\d{1,2}):(?P<n>\d\d):(?P<s>\d\d)(?:\.(?P<f>\d{1,7}))?)?\]",
    re.ASCII,
)
_ANY_ZONE = timedelta(days=1)
"""How much earlier we ask: nobody says in which zone a filter's time is read. Rows themselves carry UTC."""
_FIRST_YEAR = 1761
"""Earlier years are the vendor's ways to write "no date"."""
_REMEMBERED = 4096
"""Texts of numbers and of dates each: the same few hundred stand in most rows of a page."""

Row = dict[str, Any]
"""Column name, as asked for without its table, to value."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column, how it is decoded, and whether the schema says NOT NULL."""

    name: str
    decode: Callable[[str | None], Any]
    required: bool = True


@lru_cache(_REMEMBERED)
def integer(text: str | None) -> int:
    """Decode `[I:3]`, a plain number or a word for a flag; empty is 0."""
    word = (text or "").strip()
    if not word:
        return 0
    match = _INTEGER.fullmatch(word)
    return int(match[1] or match[2]) if match else _WORDS[word.lower()]


@lru_cache(_REMEMBERED)
def moment(text: str | None) -> datetime | None:
    """Decode a date as UTC; empty and the vendor's "no date" are None, unknown forms are never guessed."""
    word = (text or "").strip()
    if not word:
        return None
    match = _MOMENT.fullmatch(word)
    if match is None:
        raise ValueError("a date in a form that the contract does not know")
    part = match.groupdict(default="0")
    year, month, day = (int(match[key] or match[f"{key}2"]) for key in ("y", "m", "d"))
    clock = (int(part["h"]), int(part["n"]), int(part["s"]), int(f"{part['f']:0<6}"[:6]))
    return datetime(year, month, day, *clock, tzinfo=UTC) if year >= _FIRST_YEAR else None


def text(value: str | None) -> str:
    """Texts are not encoded: whatever one looks like, it is itself."""
    return value or ""


def read_by_ids(
    client: SoapClient, table: str, columns: Sequence[Column], key: str, ids: Sequence[int], *, also: str = ""
) -> list[Row]:
    """Read all rows of a table whose `key` is one of the ids, in batches, ordered by the first column.

    An answer that fills its page may be cut: its ids are halved and asked for again.
    """
    found: list[Row] = []
    todo = [list(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)]
    while todo:
        batch = todo.pop(0)
        rows = _read_batch(client, table, columns, _Filter(f"{table}.{key}", batch, also))
        if len(rows) < PAGE:
            found += rows
            continue
        if len(batch) == 1:
            raise overfull()
        todo[:0] = [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
    return found


def read_matching(
    client: SoapClient, table: str, columns: Sequence[Column], key: str, ids: Sequence[int], *, also: str
) -> list[Row]:
    """Read one page of rows whose `key` is one of at most `BATCH` ids and of which something more is true."""
    return _read_batch(client, table, columns, _Filter(f"{table}.{key}", ids, also))


def read_all(client: SoapClient, table: str, columns: Sequence[Column]) -> list[Row]:
    """Read a whole small table by key-set paging, until a page is empty: a short one is not the end."""
    key, found, last = columns[0].name, list[Row](), 0
    while rows := read(client, table, columns, f"{table}.{key} > {last}"):
        found += rows
        last = highest(rows, key, last)
    return found


def read(
    client: SoapClient, table: str, columns: Sequence[Column], restrictions: str, *, page_size: int = PAGE
) -> list[Row]:
    """Read one page of rows, ordered by the first column."""
    response = client.tree(
        _OPERATION,
        ProviderName="Dynamic",
        Columns=",".join(f"{table}.{column.name}" for column in columns),
        SortOrder=f"{table}.{columns[0].name} asc",
        Restrictions=restrictions,
        Entities="",
        Page=0,
        PageSize=page_size,
    )
    return list(_rows(response, table, columns))


def after_time(column: str, since: datetime) -> str:
    """Restrict a column to what is later than a moment; what is a day or two earlier comes too."""
    return f"{column} afterTime '{since.astimezone(UTC) - _ANY_ZONE:%Y-%m-%dT%H:%M:%S}'"


def highest(rows: Sequence[Row], key: str, after: int) -> int:
    """Give the highest key of a page of rows that lie behind another; refuse one that does not move on."""
    found: int = max(row[key] for row in rows)
    if found <= after:
        raise faults.protocol(_NAME, "a page that does not move on")
    return found


def overfull() -> CrmFailure:
    """Make the failure of a reading whose pages can't tell where the rows of one id end."""
    return faults.protocol(_NAME, "more rows for one id than a page holds")


@dataclass(frozen=True, slots=True)
class _Filter:
    """Which rows: those whose key is one of the ids and of which something more is true."""

    key: str
    ids: Sequence[int]
    also: str

    def by_in(self) -> str:
        return self._and(f"{self.key} in ({','.join(map(str, self.ids))})")

    def by_or(self) -> str:
        return self._and(f"({' or '.join(f'{self.key} = {one}' for one in self.ids)})")

    def _and(self, condition: str) -> str:
        return f"{self.also} and {condition}" if self.also else condition


def _read_batch(client: SoapClient, table: str, columns: Sequence[Column], which: _Filter) -> list[Row]:
    """Filter by `in`; an installation that refuses it is asked with a chain of `or`, from then on."""
    if client.connection.refuses_in:
        return read(client, table, columns, which.by_or())
    try:
        return read(client, table, columns, which.by_in())
    except CrmFailure as refusal:
        if refusal.fault not in (Fault.VALIDATION, Fault.UNKNOWN):
            raise
        try:
            rows = read(client, table, columns, which.by_or())
        except CrmFailure as failure:
            raise failure if failure.fault is not refusal.fault else refusal from None
        client.connection.refuses_in = True
        return rows


def _rows(response: etree._Element, table: str, columns: Sequence[Column]) -> Iterator[Row]:
    asked = [(f"{table}.{column.name}".lower(), column) for column in columns]
    for item in response.iterfind(f"{_TAG}Response/{_TAG}ArchiveListItem"):
        shown = _shown(item)
        try:
            yield {column.name: _value(column, shown.get(key)) for key, column in asked}
        except (ValueError, LookupError):
            raise faults.protocol(_NAME, f"a column of {table} is missing or of another form") from None


def _shown(item: etree._Element) -> dict[str, str | None]:
    """Give a row's display values by column key; a null is None."""
    shown: dict[str, str | None] = {}
    data = next(item.iterchildren(_DATA), None)
    for pair in () if data is None else data.iterchildren(_PAIR):
        name, holder = _child(pair, 0, _KEY), _child(pair, 1, _VALUE)
        key = ("" if name is None else name.text or "").strip().lower()
        if not key or key in shown:
            raise faults.protocol(_NAME, "a column without a name, or twice")
        value = None if holder is None else _child(holder, 0, _DISPLAY)
        null = value is None or value.get(NIL) in ("true", "1")
        shown[key] = None if null or value is None else value.text or ""
    return shown


def _child(parent: etree._Element, place: int, tag: str) -> etree._Element | None:
    """Give a child by its tag: where the contract has it, else the first that there is.

    A search takes several times as long, and an answer holds ten thousand values.
    """
    if len(parent) > place:
        found = parent[place]
        if found.tag == tag:
            return found
    return next(parent.iterchildren(tag), None)


def _value(column: Column, shown: str | None) -> Any:
    if column.required and (shown is None or (column.decode is not text and not shown.strip())):
        raise ValueError("a required column is empty")
    return column.decode(shown)
