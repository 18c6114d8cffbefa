"""Tells webhooks of rows that a tenant of the sandbox doesn't hold: of sales, requests, extra tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from so_sandbox.wording import Words
from so_sandbox.world.elsewhere import ENTITIES, Entity
from so_sandbox.world.events import NO_DATE, local, naive
from so_sandbox.world.tenant import Tenant

Telling = Callable[[Tenant, Words], int]

_EXTRA_TABLE = re.compile(r"y_[a-z0-9_]+\.(created|changed|deleted)")
_NUMBER = re.compile(r"-?[0-9]{1,10}")


TOLD = tuple(
    f"{name}.{what}" for name, entity in ENTITIES.items() for what in (*entity.happens, *entity.also)
)
"""Events of rows whose columns are known."""


def telling(event: str) -> Telling | None:
    """Give what tells of an event; none if it is no event of such rows."""
    name, _, what = event.rpartition(".")
    if event in TOLD:
        return partial(_tell, name=name, what=what)
    return partial(_tell_extra_row, table=name, what=what) if _EXTRA_TABLE.fullmatch(event) else None


def _tell(tenant: Tenant, words: Words, *, name: str, what: str) -> int:
    entity = ENTITIES[name]
    key, by = _key(tenant, words, name, what), _by(tenant, words)
    valued, gone = what in {"created", "changed"}, what == "deleted"
    settable = entity.columns if valued else entity.gone if gone else ()
    given = _given(words, f"{name}.{what}", settable, settable.__contains__)
    row = {**_marked(entity, what, key=key, by=by, now=tenant.now()), **given} if valued else {}
    ids = {column: key if column == entity.key else 0 for column in entity.gone} | given if gone else {}
    tenant.announce(
        f"{name}.{what}",
        key,
        entity=name,
        changes=_changes(entity, what, given),
        field_values=row,
        values=ids,
        by=by,
    )
    return key


def _changes(entity: Entity, what: str, given: Iterable[str]) -> tuple[str, ...]:
    if what in entity.also:
        return entity.also[what]
    # Of a deleted row nothing has changed, and of chats the vendor names no columns.
    if what == "deleted" or not entity.key:
        return ()
    touched = entity.columns if what == "created" else tuple(given)
    return tuple(dict.fromkeys((entity.key, *touched, *entity.marks)))


def _marked(entity: Entity, what: str, *, key: int, by: int, now: datetime) -> dict[str, object]:
    """Give a row's values, with who inserted or updated it and when."""
    inserted = {"registered": naive(now), "registered_associate_id": by, "created_at": naive(now)}
    updated = {"updated": local(now), "updated_associate_id": by}
    marks = {entity.key: key, "last_changed": naive(now), **(inserted if what == "created" else updated)}
    return {column: marks.get(column, blank) for column, blank in entity.blank().items()}


def _tell_extra_row(tenant: Tenant, words: Words, *, table: str, what: str) -> int:
    """Write the row's numbers and times as the CRM does: tagged, but not of a row that is gone."""
    key, by = _key(tenant, words, table, what), _by(tenant, words)
    own = _given(words, f"{table}.{what}", ("x_…",), lambda name: name.startswith("x_"))
    tags = what != "deleted"
    changed = tenant.now()
    row = {
        "id": f"[I:{key}]" if tags else key,
        "last_changed": f"[DT:{changed:%m/%d/%Y %H:%M:%S}.0000000]" if tags else naive(changed),
        "dbi_agent_id": "[I:-1]" if tags else -1,
        "dbi_last_syncronized": "[DT:01/01/0001 00:00:00.0000000]" if tags else NO_DATE,
        "dbi_last_modified": "[DT:01/01/0001 00:00:00.0000000]" if tags else NO_DATE,
        # Texts are never told.
        **{name: f"[I:{one}]" if tags else one for name, one in own.items() if isinstance(one, int)},
    }
    changes = ("id", "last_changed", *own) if tags else ()
    tenant.announce(f"{table}.{what}", key, entity=table, changes=changes, field_values=row, by=by)
    return key


def _key(tenant: Tenant, words: Words, table: str, what: str) -> int:
    """Take the row's number; a row that is new gets the next one, unless it is given."""
    if what == "created" and "key" not in words:
        return tenant.tables.next_id(table)
    return words.number("key")


def _by(tenant: Tenant, words: Words) -> int:
    return tenant.associate(words.text("by") or "user").associate_id


def _given(
    words: Words, event: str, settable: tuple[str, ...], known: Callable[[str], bool]
) -> dict[str, object]:
    given = words.beginning("")
    unknown = sorted(name for name in given if not known(name))
    if unknown:
        there_are = ", ".join(("key", "by", *settable))
        raise ValueError(f"can't set {', '.join(unknown)} of {event}; there are: {there_are}")
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: str) -> object:
    if _NUMBER.fullmatch(value):
        return int(value)
    return {"true": True, "false": False}.get(value, value)
