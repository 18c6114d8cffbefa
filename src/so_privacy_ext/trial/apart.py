"""Finds by the structure of their conditions for whom two manifests decide otherwise, and if for anybody.

Both must be ready for the same lists, so that one id means one thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from so_privacy_ext.model import Decision
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.reach.effort import TooComplex
from so_privacy_ext.rules.reach.map import RuleMap
from so_privacy_ext.rules.reach.regions import Region
from so_privacy_ext.sdk import Facts
from so_privacy_ext.trial.consequences import Change, changes
from so_privacy_ext.trial.words import plainest

_NO_RULE = -1
"""Stands for the rule of those for whom no rule of a manifest decides a purpose."""


@dataclass(frozen=True, slots=True)
class Example:
    """A change, and somebody whom it hits."""

    change: Change
    person: Facts


@dataclass(frozen=True, slots=True)
class _Decider:
    """A rule that decides a purpose, in its place among those that do."""

    number: int
    """Of the rule among those of both manifests."""
    above: tuple[int, ...]
    """Numbers of the rules of the same manifest that decide the purpose before it."""
    decision: Decision | None


class Apart:
    """Two manifests side by side in the one space of all persons whom their conditions can tell apart."""

    def __init__(self, before: ActiveManifest, after: ActiveManifest) -> None:
        self._before = before
        self._after = after
        self._map = RuleMap(replace(before, rules=(*before.rules, *after.rules)))
        self._split = len(before.rules)
        self.complete = True
        """False once something could not be computed, so that there may be more differences."""

    def examples(self) -> Sequence[Example]:
        """Give each change with one person whom it hits, as plain as can be."""
        found: dict[Change, Facts] = {}
        for person in self._witnesses():
            for change in self._changes(person):
                found.setdefault(change, person)
        return [
            Example(change, self._plainest(change, person))
            for change, person in sorted(found.items(), key=lambda one: one[0])
        ]

    def _plainest(self, change: Change, person: Facts) -> Facts:
        return plainest(person, lambda one: change in self._changes(one))

    def _changes(self, person: Facts) -> set[Change]:
        return set(changes(decide(person, self._before), decide(person, self._after)))

    def first(self) -> Facts | None:
        """Give one person for whom something comes out otherwise, if one is found."""
        for person in self._witnesses():
            if self._changes(person):
                return person
        return None

    def surely_alike(self) -> bool:
        """Tell whether nobody is decided otherwise, nor by another rule; what isn't proven counts as no."""
        try:
            return self._same_rules_decide() and self._same_order_of_mails()
        except TooComplex:
            return False

    def _same_rules_decide(self) -> bool:
        for purpose in {**self._before.purposes, **self._after.purposes}:
            for old, new in self._pairs(purpose):
                if self._mark(old) != self._mark(new) and self._somebody(purpose, old, new) is not None:
                    return False
        return True

    def _same_order_of_mails(self) -> bool:
        """The mail is that of the highest rule, so two rules that tell must not have changed places."""
        rules, place = self._map.rules, {}
        for number in range(self._split, len(rules)):
            place[rules[number].rule_id] = number
        for one, other in combinations(range(self._split), 2):
            tells = {rules[one].tell, rules[other].tell}
            places = place.get(rules[one].rule_id, 0), place.get(rules[other].rule_id, 0)
            if None in tells or len(tells) == 1 or places[0] <= places[1]:
                continue
            self._map.effort.begin()
            if self._map.somebody(self._common(one, other)) is not None:
                return False
        return True

    def _mark(self, decider: _Decider) -> tuple[object, ...]:
        """Give all by which a rule's decision can be told from another's."""
        if decider.decision is None:
            return ()
        rule = self._map.rules[decider.number]
        return decider.decision, rule.tell, rule.gives_none

    def _witnesses(self) -> Iterator[Facts]:
        """Give persons, for each pair of rules of which one decides before and one after, if there is any."""
        for purpose in sorted({**self._before.purposes, **self._after.purposes}):
            for old, new in self._pairs(purpose):
                if self._mark(old) != self._mark(new):
                    yield from self._person(purpose, old, new)

    def _person(self, purpose: str, old: _Decider, new: _Decider) -> Iterator[Facts]:
        try:
            box = self._somebody(purpose, old, new)
        except TooComplex:
            self.complete = False
            return
        if box is None:
            return
        person = self._map.person(box)
        if person is None:
            self.complete = False
        else:
            yield person

    def _pairs(self, purpose: str) -> Iterator[tuple[_Decider, _Decider]]:
        before = list(self._deciders(purpose, range(self._split)))
        after = list(self._deciders(purpose, range(self._split, len(self._map.rules))))
        return product(before, after)

    def _deciders(self, purpose: str, numbers: range) -> Iterator[_Decider]:
        above: list[int] = []
        for number in numbers:
            for one in self._map.rules[number].ruled:
                if one.decision.purpose == purpose:
                    yield _Decider(number, tuple(above), one.decision)
                    above.append(number)
        yield _Decider(_NO_RULE, tuple(above), None)

    def _somebody(self, purpose: str, old: _Decider, new: _Decider) -> int | None:
        """Give a box of persons whom both rules decide, each among its own; raises `TooComplex`."""
        self._map.effort.begin()
        region = self._common(*(one.number for one in (old, new) if one.number != _NO_RULE))
        others = self._map.boxes([*self._sure(old.above), *self._sure(new.above)])
        return self._map.somebody(region, [*self._map.withdrawn(purpose), *others])

    def _common(self, *numbers: int) -> Region:
        return self._map.regions.common(self._region(number) for number in numbers)

    def _sure(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        for number in numbers:
            self._region(number)
        return numbers

    def _region(self, number: int) -> Region:
        region = self._map.where[number]
        if region is None:
            raise TooComplex
        return region
