"""What a plugin is told of afterwards: decisions, with nothing of a person but her number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


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
