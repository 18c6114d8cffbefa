"""Writes a made-up person, and what comes of her, as a rule test would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

from so_privacy_ext.model import STORE, FieldKind, FieldValue, TenantLists, UserField
from so_privacy_ext.rules.field_values import empty
from so_privacy_ext.rules.names import spellings
from so_privacy_ext.rules.references import UNKNOWN_SOURCE
from so_privacy_ext.sdk import UNKNOWN, Facts

_PLAIN = re.compile(
    r"[A-Za-z][A-Za-z0-9_./+-]*|[0-9]{2}[A-F](/[A-Za-z0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]+)?"
)
_READ_OTHERWISE = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""By some reader of YAML."""
NORMAL = Facts(event="created", has_email=True)
"""Somebody of whom nothing is said."""


def person_words(facts: Facts, lists: TenantLists) -> dict[str, Any]:
    """Give the words of `person`; whatever no list has a name for is left out."""
    return dict(_words(facts, lists))


def _words(facts: Facts, lists: TenantLists) -> Iterator[tuple[str, Any]]:
    yield from _known(facts)
    if facts.source is not None:
        yield "source", _source(facts.source, lists)
    if facts.form is not None:
        yield "form", facts.form
    yield from _items(facts, lists)
    if facts.company_is_owner:
        yield "company", {"is_owner": True}
    for name in ("retired", "is_associate", "has_email", "email_domain"):
        if getattr(facts, name) != getattr(NORMAL, name):
            yield name, getattr(facts, name)
    consents = dict(_consents(facts, lists))
    if consents:
        yield "consents", consents
    if facts.wordings:
        yield "wordings", sorted(facts.wordings)
    yield from _fields(facts, lists)


def _known(facts: Facts) -> Iterator[tuple[str, Any]]:
    for name in ("country", "language", "age", "creator"):
        value = getattr(facts, name)
        if value is not UNKNOWN:
            yield name, value


def _source(key: str, lists: TenantLists) -> str:
    return key if any(one.key == key for one in lists.sources) else UNKNOWN_SOURCE


def _items(facts: Facts, lists: TenantLists) -> Iterator[tuple[str, str]]:
    kinds = {"category": lists.categories, "business": lists.businesses, "position": lists.positions}
    for kind, items in kinds.items():
        item = items.get(getattr(facts, f"{kind}_id"))
        if item is not None:
            yield kind, min(spellings(item), key=len)


def _consents(facts: Facts, lists: TenantLists) -> Iterator[tuple[str, str]]:
    for purpose, (basis, source) in sorted(facts.consents.items()):
        if purpose != STORE or basis != lists.default_basis:
            yield purpose, f"{basis}/{_source(source, lists)}"


def _fields(facts: Facts, lists: TenantLists) -> Iterator[tuple[str, dict[str, Any]]]:
    for owner in ("person", "company"):
        said = {
            one.prog_id: _field(one, facts.fields[one.key])
            for one in lists.fields
            if one.owner == owner and facts.fields.get(one.key, empty(one.kind)) != empty(one.kind)
        }
        if said:
            yield f"{owner}_field", said


def _field(field: UserField, value: FieldValue) -> Any:
    if field.kind is FieldKind.ITEM and isinstance(value, int):
        return min(spellings(field.items[value]), key=len)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, float) else value


def plainest(facts: Facts, holds: Callable[[Facts], bool]) -> Facts:
    """Leave out of a person whatever something does not depend on."""
    before = None
    while facts != before:  # what one fact needs may be left out after another
        before = facts
        for one in fields(Facts):
            facts = next((plainer for plainer in _plainer(facts, one.name) if holds(plainer)), facts)
    return facts


def _plainer(facts: Facts, name: str) -> Iterator[Facts]:
    """Give persons with nothing said of a fact, or less."""
    yield replace(facts, **{name: getattr(NORMAL, name)})
    value = getattr(facts, name)
    if name == "consents" and facts.source is not None:
        yield replace(facts, consents={key: row for key, row in value.items() if key != STORE})


def flow(value: Any) -> str:
    """Write a value on one line of YAML, as an administrator would."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    plain = isinstance(value, int) or (_PLAIN.fullmatch(text) and text.lower() not in _READ_OTHERWISE)
    return text if plain else json.dumps(text, ensure_ascii=False)
