"""All rules of a manifest in one space: who is in each, and who in several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from so_privacy_ext.model import STORE, WITHDRAWN
from so_privacy_ext.rules.activation import ActiveManifest, ActiveRule
from so_privacy_ext.rules.reach import kinds
from so_privacy_ext.rules.reach.effort import Effort, TooComplex
from so_privacy_ext.rules.reach.regions import Region, Regions
from so_privacy_ext.rules.reach.search import covered, search
from so_privacy_ext.rules.reach.space import OPAQUE, Axis, Box, Named, Space
from so_privacy_ext.rules.reach.together import BOUND, nobody, rounded
from so_privacy_ext.sdk import UNKNOWN, Facts

NOBODY = -1
"""Stands for the rule number of persons who can't be, or of whom nothing may be decided."""


class RuleMap:
    """The rules of a manifest by number, from 0 in their order."""

    def __init__(self, manifest: ActiveManifest, effort: Effort | None = None) -> None:
        self.rules: Sequence[ActiveRule] = manifest.rules
        self.effort = effort or Effort()
        self._parents = manifest.parents
        self._near: dict[int, Sequence[Named]] = {}
        self.space = Space((rule.when for rule in manifest.rules), BOUND)
        self.opaque: Box = sum(one.all for one in self.space.axes.values() if one.name[0] == OPAQUE)
        """The bits of all words that don't say what they look at."""
        self.regions = Regions(self.space, self.effort)
        self.impossible: Sequence[Named] = [(box, NOBODY) for box in nobody(self.space)]
        self.where: Sequence[Region | None] = [self._where(rule) for rule in manifest.rules]
        """For whom each rule holds; None where that is not computed."""

    def _where(self, rule: ActiveRule) -> Region | None:
        self.effort.begin()
        try:
            return tuple(sorted(self.regions.where(rule.when), key=self.takes_opaque))
        except TooComplex:
            return None

    def somebody(self, region: Region, others: Sequence[Named] = ()) -> Box | None:
        """Give a part of a region that is possible and that none of the others meets, if there is one.

        Raises `TooComplex`.
        """
        around = [*self.impossible, *others]
        plain_first = sorted(region, key=self.takes_opaque)
        found = (search(self.space, box, around, self.effort).found for box in plain_first)
        return next((box for box in found if box is not None), None)

    def within(self, region: Region, number: int) -> bool:
        """Tell whether everybody in a region is in that rule's; raises `TooComplex`."""
        return covered(self.space, region, [*self.impossible, *self.boxes([number])], self.effort)

    def boxes(self, numbers: Iterable[int]) -> list[Named]:
        """Give the boxes of rules, of those that are computed."""
        return [(box, number) for number in numbers for box in self.where[number] or ()]

    def near(self, number: int) -> Sequence[Named]:
        """Give the boxes of rules above that meet a rule; raises `TooComplex`."""
        if number not in self._near:
            region, above = self.where[number] or (), self.boxes(range(number))
            self.effort.spend(len(above) * len(region) // 4)
            nobody = self.space.holds_nobody
            self._near[number] = [one for one in above if not all(nobody(one[0] & box) for box in region)]
        return self._near[number]

    def withdrawn(self, purpose: str) -> list[Named]:
        """Give the boxes of persons of whom this purpose may not be decided."""
        found: list[Named] = []
        for key in {STORE, *self._line_of(purpose)}:
            axis = self.space.axes.get(("consents", key))
            if axis is not None:
                rows = [one for one in axis.values if one is not UNKNOWN and one[0] == WITHDRAWN]
                found += [(self.space.only(axis, axis.bit(row)), NOBODY) for row in rows]
        return found

    def _line_of(self, purpose: str | None) -> Iterator[str]:
        """Give a purpose and all that it is part of."""
        while purpose is not None:
            yield purpose
            purpose = self._parents[purpose]

    def takes_opaque(self, box: Box) -> bool:
        """Tell whether a box asks for a word that doesn't say what it looks at."""
        return box & self.opaque != self.opaque

    def person(self, box: Box) -> Facts | None:
        """Make up a person of a box; None where it takes a word that doesn't say what it looks at."""
        if self.takes_opaque(box):
            return None
        facts = Facts()
        for axis in self.space.axes.values():
            if axis.name[0] != OPAQUE and not box & axis.bit(axis.ask(facts)):
                facts = kinds.put(facts, axis.aspect, plainest(axis, box))
        return rounded(facts)


def plainest(axis: Axis, box: Box) -> object:
    """Give a value that a box allows, one that a rule names if there is one."""
    allowed = axis.within(box)
    return next((one for one in allowed if one in axis.aspect.marks), allowed[-1])
