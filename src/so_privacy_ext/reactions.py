"""What a plugin is told of afterwards: decisions and events, with nothing of a person but her number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class DecidedPurpose:
    """What was decided for one purpose, by which rule and why, and what came of it."""

    outcome: str
    """`give`, `keep`, `deny`, `review` or `none`."""
    rule: str
    because: str
    basis: str | None
    source: str | None
    """The key that was to be written."""
    expires: str | None
    """ISO 8601 period, such as `P12M`."""
    result: str | None
    """`written` where the CRM was read back to hold it, else why not; None if nothing was to be written."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that has been carried out; nothing done about it changes it."""

    decision_id: int
    person_id: int
    decided_at: datetime
    manifest: str
    """SHA-256 of the manifest, hex."""
    purposes: Mapping[str, DecidedPurpose]
    """By key."""
    withdrawn: tuple[str, ...]
    """Purposes that she has withdrawn, which no rule decides."""
    mail: str | None
    """`sent`, `unknown`, or why she was not told; None where she is gone."""
    result: str
    """In one word: `effect`, `gone`, `nothing_decided`, …"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that SuperOffice says has happened; ask it how things stand now."""

    event_id: str
    name: str
    """Such as `sale.created`."""
    primary_key: int
    """Of the sale, project, company, …"""
    changes: frozenset[str]
    """Names of the columns that changed, where SuperOffice tells them."""
    changed_by: int | None
    """The associate who did it; our own too, where we have written a consent."""
    timestamp: datetime | None


@dataclass(frozen=True, slots=True)
class Again:
    """Persons to decide on anew, as if somebody had changed them; a thousand at the most."""

    person_ids: Sequence[int]


class Crm(Protocol):
    """SuperOffice, for what a plugin has declared and its tenant agreed to."""

    def call(self, operation: str, /, **arguments: Any) -> Any:
        """Call an operation such as `Archive.GetArchiveListByColumns2`, and give its result as plain JSON.

        Raises `PermissionError` for one that is not declared, `ValueError` for arguments that it can't have
        or a result of more than a megabyte, and `ConnectionError` while SuperOffice can't be asked: leave
        that, the function is called again later.
        """
