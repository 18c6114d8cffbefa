"""Reads, in a plugin's own process, what it is told of afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from so_privacy_ext.reactions import DecidedPurpose, Decision, Event


def decision(content: Mapping[str, Any]) -> Decision:
    """Give a decision as it was recorded."""
    purposes = {one["purpose"]: _purpose(one) for one in content["purposes"]}
    return Decision(
        decision_id=content["decision_id"],
        person_id=content["person_id"],
        decided_at=datetime.fromisoformat(content["decided_at"]),
        manifest=content["manifest"],
        purposes=MappingProxyType(purposes),
        withdrawn=tuple(content["withdrawn"]),
        mail=content["mail"],
        result=content["result"],
    )


def event(content: Mapping[str, Any]) -> Event:
    """Give an event as it came."""
    at = content["timestamp"]
    return Event(
        event_id=content["event_id"],
        name=content["name"],
        primary_key=content["primary_key"],
        changes=frozenset(content["changes"]),
        changed_by=content["changed_by"],
        timestamp=None if at is None else datetime.fromisoformat(at),
    )


def _purpose(content: Mapping[str, Any]) -> DecidedPurpose:
    names = ("outcome", "rule", "because", "basis", "source", "expires", "result")
    return DecidedPurpose(**{name: content[name] for name in names})
