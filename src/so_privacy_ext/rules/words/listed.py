"""Words about list items of the tenant; their names become ids when a manifest is activated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from so_privacy_ext.rules.keys import ItemName
from so_privacy_ext.sdk import Condition, Facts, Ground, OneOrMany, Predicate, Reference, ReferenceKind


class _Listed(Condition[OneOrMany[ItemName]]):
    kind: ClassVar[ReferenceKind]

    def references(self) -> Iterable[Reference]:
        return (Reference(self.kind, name) for name in self.root)

    def _among(self, ground: Ground, item_id: Callable[[Facts], int]) -> Predicate:
        names = {ground.ids[Reference(self.kind, name)]: name for name in self.root}
        return Predicate(
            lambda facts: item_id(facts) in names,
            lambda facts: names.get(item_id(facts), f"item {item_id(facts)}") if item_id(facts) else None,
        )


class Category(_Listed):
    """The category of the person's company, in any language that the CRM shows it in."""

    word = "category"
    kind = "category"

    def prepare(self, ground: Ground, /) -> Predicate:
        return self._among(ground, lambda facts: facts.category_id)


class Business(_Listed):
    """The business of the person's company, in any language that the CRM shows it in."""

    word = "business"
    kind = "business"

    def prepare(self, ground: Ground, /) -> Predicate:
        return self._among(ground, lambda facts: facts.business_id)


class Position(_Listed):
    """The person's position, in any language that the CRM shows it in."""

    word = "position"
    kind = "position"

    def prepare(self, ground: Ground, /) -> Predicate:
        return self._among(ground, lambda facts: facts.position_id)
