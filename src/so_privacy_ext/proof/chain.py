"""Chains journal entries by hash, so that a change, a gap or a cut shows."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

GENESIS = bytes(32)
"""What the first entry of a tenant's journal is linked to."""


class Break(StrEnum):
    """How a chain is broken."""

    ALTERED = "altered"
    """The entry, or one that stood before it, is not the one that was appended."""
    TRUNCATED = "truncated"
    """The chain ends before the head that is known from elsewhere."""


@dataclass(frozen=True, slots=True)
class Link:
    """One journal row as it is stored."""

    number: int
    entry: Mapping[str, Any]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain breaks first; the last row's number for a cut, 0 if there is none."""

    number: int
    how: Break


def canonical(value: Any) -> bytes:
    """Write JSON in the one form that survives a database: sorted keys, no spaces, UTF-8, no fractions.

    Raises `ValueError` for what such JSON can't hold: floats, NUL, lone surrogates, keys that are no text.
    """
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def link(previous: bytes, entry: Mapping[str, Any]) -> bytes:
    """Give the digest of an entry that follows the one whose digest is `previous`."""
    if len(previous) != len(GENESIS):
        raise ValueError("a link needs the 32 bytes of the one before")
    return hashlib.sha256(previous + canonical(entry)).digest()


def verify(rows: Iterable[Link], *, previous: bytes = GENESIS, head: bytes | None = None) -> Broken | None:
    """Name the first row that doesn't follow from the one before; with `head`, find a cut end as well."""
    last = 0
    for row in rows:
        try:
            due = link(previous, row.entry)
        except ValueError:
            return Broken(row.number, Break.ALTERED)
        if not hmac.compare_digest(due, row.digest):
            return Broken(row.number, Break.ALTERED)
        previous, last = due, row.number
    if head is not None and not hmac.compare_digest(previous, head):
        return Broken(last, Break.TRUNCATED)
    return None


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str and value.isascii() and "\0" not in value:
        return value  # most of all that is ever written
    if kind is int or kind is bool or value is None:
        return value
    if kind is dict:
        return {_key(key): _plain(inner) for key, inner in value.items()}
    return _unusual(value)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError("a key of the journal is a text")  # noqa: TRY004  # as all that it can't hold
    plain: str = _plain(key)
    return plain


def _unusual(value: Any) -> Any:
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("NUL has no place in the journal")
        value.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
        return str(value)
    if isinstance(value, Mapping):
        return {_key(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, int):
        return value
    raise ValueError(f"the journal can't hold a {type(value).__name__}")
