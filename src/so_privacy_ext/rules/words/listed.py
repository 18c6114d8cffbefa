"""Words about list items of the tenant; their names become ids when a manifest is activated.

Whether a person has an item that the tenant has lost since then is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from so_privacy_ext.rules.keys import ItemName
from so_privacy_ext.sdk import (
    Aspect,
    Condition,
    Facts,
    Ground,
    OneOrMany,
    Predicate,
    Reference,
    ReferenceKind,
    Truth,
)


class _Listed(Condition[OneOrMany[ItemName]]):
    kind: ClassVar[ReferenceKind]

    def references(self) -> Iterable[Reference]:
        return (Reference(self.kind, name) for name in self.root)

    def aspects(self, ground: Ground, /) -> Iterable[Aspect]:
        ids = (ground.ids.get(one) for one in self.references())
        return (Aspect(f"{self.kind}_id", marks=frozenset(ids) - {None}),)

    def _among(self, ground: Ground, item_id: Callable[[Facts], int]) -> Predicate:
        references = {name: Reference(self.kind, name) for name in self.root}
        names = {ground.ids[one]: name for name, one in references.items() if one in ground.ids}
        some_are_lost = any(one not in ground.ids for one in references.values())

        def truth(facts: Facts) -> Truth:
            own = item_id(facts)
            return own in names or (None if some_are_lost and own else False)

        def found(facts: Facts) -> object:
            own = item_id(facts)
            return names.get(own, f"item {own}") if own else None

        return Predicate(truth, found)


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
