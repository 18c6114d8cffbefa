"""One tenant's content as data that can be compared, and how two states of it differ, row by row."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from so_sandbox.world.tables import Tables
from so_sandbox.world.world import Snapshot

SECRET = frozenset({"secret", "system_user_token"})
"""Fields of which only a fingerprint is shown."""
COUNTERS = "last_ids"
Content = dict[str, dict[str, Any]]
"""Table → row → value, all texts as JSON has them."""


def content_of(tables: Tables) -> Content:
    """Give a tenant's tables: rows by id where there are ids, single values by their name."""
    plain: dict[str, Any] = {**asdict(tables), COUNTERS: dict(tables.last_ids)}
    found = {f"lists.{name}": rows for name, rows in plain.pop("lists").items()}
    single = {name: plain.pop(name) for name, value in list(plain.items()) if not hasattr(value, "__len__")}
    single |= {name: plain.pop(name) for name, value in list(plain.items()) if isinstance(value, str)}
    for name, rows in (found | plain | {"tenant": single}).items():
        found[name] = {_key(key): _plain(value, _key(key)) for key, value in _numbered(rows)}
    return found


def tables_in(snapshot: Snapshot, context_identifier: str) -> Tables:
    """Give one tenant's tables as they were when a snapshot was taken."""
    tables: Mapping[str, Tables] = pickle.loads(snapshot.content)[0]  # noqa: S301  # our own bytes
    if context_identifier not in tables:
        raise ValueError(f"there was no tenant {context_identifier} in it")
    return tables[context_identifier]


def differences(before: Content, after: Content, *, counters: bool = False) -> list[dict[str, Any]]:
    """List the rows that were added, removed or changed; a changed one with the fields that differ."""
    found = []
    for table in before.keys() | after.keys():
        old, new = before.get(table, {}), after.get(table, {})
        if table == COUNTERS and not counters:
            continue
        differing = [row for row in old.keys() | new.keys() if old.get(row) != new.get(row)]
        found += [{"table": table, "row": row, **_difference(old, new, row)} for row in differing]
    return sorted(found, key=lambda one: (one["table"], len(one["row"]), one["row"]))


def _difference(before: Mapping[str, Any], after: Mapping[str, Any], row: str) -> dict[str, Any]:
    if row not in before:
        return {"what": "added", "after": after[row]}
    if row not in after:
        return {"what": "removed", "before": before[row]}
    old, new = before[row], after[row]
    if isinstance(old, dict) and isinstance(new, dict):
        fields = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        old, new = ({name: side.get(name) for name in fields} for side in (old, new))
    return {"what": "changed", "before": old, "after": new}


def _numbered(rows: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(rows, Mapping):
        yield from rows.items()
    else:
        yield from enumerate(sorted(rows) if isinstance(rows, set) else rows)


def _key(key: Any) -> str:
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _plain(value: Any, name: str) -> Any:
    if name in SECRET:
        return f"sha256:{hashlib.sha256(str(value).encode()).hexdigest()[:16]}"
    if isinstance(value, Mapping):
        return {_key(key): _plain(inner, _key(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner, "") for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value
