"""Looks the manifest's names and keys up in a tenant's lists and says which are not there, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from so_privacy_ext.model import Template, TenantLists, UserField
from so_privacy_ext.rules.findings import Finding, advice, shown
from so_privacy_ext.rules.names import normal, spellings
from so_privacy_ext.rules.tree import Node


@dataclass(frozen=True, slots=True)
class _Keyed:
    """An item of a list that is addressed by key."""

    key: str
    usable: str
    """Empty, or why it can't be used."""


@dataclass(slots=True)
class TenantNames:
    """A tenant's lists, asked name by name; what isn't there is gathered."""

    lists: TenantLists
    findings: list[Finding] = field(default_factory=list)

    def purpose(self, key: str, at: Node) -> None:
        """Find a purpose that is active and not deleted."""
        items = [
            _Keyed(one.key, "is deleted" if one.deleted else "" if one.active else "is not active")
            for one in self.lists.purposes
        ]
        self._keyed("purpose", key, at, items)

    def basis(self, key: str, at: Node) -> None:
        """Find a legal basis that is not deleted."""
        self._keyed(
            "legal basis",
            key,
            at,
            [_Keyed(one.key, "is deleted" if one.deleted else "") for one in self.lists.bases],
        )

    def source(self, key: str, at: Node) -> None:
        """Find a source that is not deleted."""
        self._keyed(
            "source",
            key,
            at,
            [_Keyed(one.key, "is deleted" if one.deleted else "") for one in self.lists.sources],
        )

    def item(self, kind: str, name: str, at: Node) -> int:
        """Give the id of the one category, business or position so called; 0 where there isn't just one."""
        lists = {"category": self.lists.categories, "business": self.lists.businesses}
        return self._named(kind, name, at, lists.get(kind, self.lists.positions))

    def field(self, owner: str, name: str, at: Node) -> UserField | None:
        """Find the one user-defined field of this id for programs or, if there is none, of this label."""
        own = [one for one in self.lists.fields if one.owner == owner]
        found = fields_called(name, own)
        if len(found) == 1:
            return found[0]
        what = f"the tenant has no published field {shown(name)} of a {owner}"
        how = advice(name, sorted({one for field in own for one in spellings(field.label)}))
        if found:
            what = f"the tenant has {len(found)} fields of a {owner} that are called {shown(name)}"
            how = f"name the one you mean: {', '.join(sorted(one.prog_id for one in found))}"
        self._miss(at, f"ambiguous_{owner}_field" if found else f"missing_{owner}_field", what, how)
        return None

    def template(self, name: str, at: Node) -> Template | None:
        """Find the one privacy template of this name that is not deleted."""
        by_id = {one.item_id: one for one in self.lists.templates if not one.deleted}
        usable = {item_id: one.name for item_id, one in by_id.items() if one.is_privacy}
        others = [one.name for one in self.lists.templates if one.deleted or not one.is_privacy]
        if not called(name, usable) and any(normal(name) in spellings(one) for one in others):
            how = "restore it in the CRM and set its type to privacy confirmation"
            self._miss(
                at, "missing_template", f"the template {shown(name)} is deleted or no privacy template", how
            )
            return None
        return by_id.get(self._named("template", name, at, usable))

    def _keyed(self, kind: str, key: str, at: Node, items: Iterable[_Keyed]) -> None:
        found = [one for one in items if one.key == key]
        good = [one for one in found if not one.usable]
        code = f"missing_{kind.replace(' ', '_')}"
        if not found:
            how = advice(key, [one.key for one in items if one.key and not one.usable])
            self._miss(at, code, f"the tenant has no {kind} {shown(key)}", how)
        elif not good:
            how = "restore it in the CRM, or take it out of the manifest"
            self._miss(at, code, f"the tenant's {kind} {shown(key)} {found[0].usable}", how)
        elif len(good) > 1:
            what = f"the tenant has {len(good)} {kind} items with the key {shown(key)}"
            self._miss(
                at, f"ambiguous_{kind.replace(' ', '_')}", what, "give each a key of its own in the CRM"
            )

    def _named(self, kind: str, name: str, at: Node, names: Mapping[int, str]) -> int:
        found = called(name, names)
        if len(found) == 1:
            return found[0]
        if found:
            what = f"the tenant has {len(found)} {kind} items called {shown(name)}"
            how = (
                f"their ids are {', '.join(map(str, sorted(found)))}; give each a name of its own in the CRM"
            )
            self._miss(at, f"ambiguous_{kind}", what, how)
        else:
            known = {one for item in names.values() for one in spellings(item)}
            self._miss(
                at, f"missing_{kind}", f"the tenant has no {kind} {shown(name)}", advice(name, sorted(known))
            )
        return 0

    def _miss(self, at: Node, code: str, what: str, how: str) -> None:
        self.findings.append(Finding(at.line, at.column, code, at.of_origin(what), how))


def fields_called(name: str, fields: Sequence[UserField]) -> list[UserField]:
    """Give the fields of this id for programs or, if there are none, of this label in any language."""
    by_id = [one for one in fields if one.prog_id == name]
    wanted = _bare(name)
    return by_id or [one for one in fields if wanted in map(_bare, spellings(one.label))]


def _bare(label: str) -> str:
    """Give a label without the colon that many end with."""
    return normal(label).rstrip(": ")


def called(name: str, names: Mapping[int, str]) -> list[int]:
    """Give the ids of all items that have this name in any language."""
    return [item_id for item_id, item in names.items() if normal(name) in spellings(item)]
