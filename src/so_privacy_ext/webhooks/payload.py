"""Turns a signed body into an event, or into the reason why it is kept for a human; never raises."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

from so_privacy_ext.model import SWEPT_EVENT, AssociateId, ContextIdentifier, Event, EventId
from so_privacy_ext.webhooks import strict_json

TEST_EVENT = "test"
TEST_CONTEXT = "Default"
"""What the CRM's test delivery says instead of the tenant's name."""

_MOST_ID = 2**31 - 1
_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_NAME = re.compile(r"[!-~]{1,100}")
# Of chats the CRM writes the table before the column.
_ONE_COLUMN = r"[A-Za-z0-9_]{1,64}(?:\.[A-Za-z0-9_]{1,64})?"
_COLUMN = re.compile(_ONE_COLUMN)
_COLUMNS = re.compile(f"{_ONE_COLUMN}(?:,{_ONE_COLUMN})*")
_OBJECT_OR_ABSENT = (dict, type(None))
# Our inbox names its own events so.
_INTERNAL = frozenset({"none", SWEPT_EVENT})


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A signed body that is kept and never acted on."""

    reason: str


def parse(
    body: bytes, context_identifier: ContextIdentifier, *, header_event_id: bytes | None = None
) -> Event | Quarantined:
    """Read a body that was signed for this tenant; the header's id is only compared."""
    found = parse_whole(body, context_identifier, header_event_id=header_event_id)
    return found if isinstance(found, Quarantined) else found[0]


def parse_whole(
    body: bytes, context_identifier: ContextIdentifier, *, header_event_id: bytes | None = None
) -> tuple[Event, Mapping[str, Any]] | Quarantined:
    """Do the same, and give beside the event all that the body says."""
    try:
        payload = strict_json.read(body)
    except strict_json.DuplicateKeyError:
        return Quarantined("duplicate_key")
    except strict_json.BadJsonError:
        return Quarantined("bad_json")
    if type(payload) is not dict or not _well_shaped(payload):
        return Quarantined("bad_shape")
    name = payload["Event"]
    context = payload.get("ContextIdentifier")
    if context != context_identifier and not (name == TEST_EVENT and context == TEST_CONTEXT):
        return Quarantined("context_mismatch")
    primary_key = payload.get("PrimaryKey")
    if not _is_id(primary_key, least=0 if name == TEST_EVENT else 1):
        return Quarantined("bad_primary_key")
    event_id, notes = _event_id(body, payload.get("EventId"), header_event_id)
    changes, odd = _columns(payload.get("Changes"))
    changed_by = payload.get("ChangedByAssociateId")
    event = Event(
        event_id=event_id,
        name=name,
        primary_key=primary_key,
        changes=changes,
        changed_by=AssociateId(changed_by) if _is_id(changed_by, least=0) else None,
        timestamp=_timestamp(payload.get("Timestamp")),
        notes=(*notes, *odd, *_contradictions(payload)),
    )
    return event, payload


def _well_shaped(payload: dict[str, Any]) -> bool:
    name, changes = payload.get("Event"), payload.get("Changes")
    return (
        type(name) is str
        and name not in _INTERNAL
        and _NAME.fullmatch(name) is not None
        and (changes is None or (type(changes) is list and set(map(type, changes)) <= {str}))
        and isinstance(payload.get("FieldValues"), _OBJECT_OR_ABSENT)
        and isinstance(payload.get("Values"), _OBJECT_OR_ABSENT)
    )


def _is_id(value: Any, *, least: int) -> TypeGuard[int]:
    # `isinstance` would let True through.
    return type(value) is int and least <= value <= _MOST_ID


def _event_id(body: bytes, given: Any, header: bytes | None) -> tuple[EventId, tuple[str, ...]]:
    guid = _GUID.fullmatch(given) if type(given) is str else None
    if guid is None:
        note = "event_id_missing" if given is None else "event_id_odd"
        return EventId(f"sha256:{hashlib.sha256(body).hexdigest()}"), (note,)
    event_id = guid[1].lower()
    if header is not None and header.lower() != event_id.encode("ascii"):
        return EventId(event_id), ("event_id_differs_from_header",)
    return EventId(event_id), ()


def _columns(changes: list[str] | None) -> tuple[frozenset[str], tuple[str, ...]]:
    """Keep what may be a column name, since nothing else can match a condition or belongs at rest."""
    if not changes:
        return frozenset(), ()
    named = frozenset(changes)
    # One match for all is what an ordinary event costs; a comma inside a name would show in the count.
    together = ",".join(named)
    if _COLUMNS.fullmatch(together) and together.count(",") == len(named) - 1:
        return named, ()
    return frozenset(one for one in named if _COLUMN.fullmatch(one)), ("changes_odd",)


def _timestamp(given: Any) -> datetime | None:
    """Read the CRM's time for display; without an offset it is UTC, and year 1 means none."""
    if type(given) is not str:
        return None
    try:
        read = datetime.fromisoformat(given)
        moment = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1 else None


def _contradictions(payload: dict[str, Any]) -> list[str]:
    """Note what speaks against `Event` and `PrimaryKey`, which alone count."""
    notes = []
    entity = payload.get("Entity")
    if entity is not None and entity != payload["Event"].rpartition(".")[0] and entity != payload["Event"]:
        notes.append("entity_differs_from_event")
    fields = payload.get("FieldValues") or {}
    if (
        payload["Event"].startswith("person.")
        and fields.get("person_id", payload["PrimaryKey"]) != payload["PrimaryKey"]
    ):
        notes.append("person_id_differs_from_primary_key")
    return notes
