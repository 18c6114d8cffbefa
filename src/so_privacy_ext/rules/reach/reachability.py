"""Computes which rules decide for whom: never, never for some purposes, or for whom for example.

Exact for all words that say what they look at, and cautious otherwise: what is called unreachable never
fires, and what can't be computed is called so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.reach.effort import TooComplex
from so_privacy_ext.rules.reach.map import NOBODY, RuleMap
from so_privacy_ext.rules.reach.search import covered, search
from so_privacy_ext.rules.reach.space import Box, Named
from so_privacy_ext.sdk import Facts


@dataclass(frozen=True, slots=True)
class Covered:
    """The rule never decides this purpose."""

    by: tuple[str, ...]
    """The rules above that decide it, together, for everybody for whom this one holds; none: for nobody."""


@dataclass(frozen=True, slots=True)
class Open:
    """The rule decides this purpose for somebody."""

    witness: Facts | None
    """Somebody for whom it does; None where a word would have to hold that doesn't say what it looks at."""


class NotComputed(Enum):
    """It would take too long."""

    NOT_COMPUTED = "not computed"


NOT_COMPUTED = NotComputed.NOT_COMPUTED
Fate = Covered | Open | NotComputed


@dataclass(frozen=True, slots=True)
class Reach:
    """What becomes of one rule."""

    rule_id: str
    contradictory: bool
    """Its conditions hold for nobody, whatever stands above."""
    purposes: Mapping[str, Fate]

    @property
    def covered(self) -> Mapping[str, Covered]:
        """The purposes that it never decides."""
        return {purpose: fate for purpose, fate in self.purposes.items() if isinstance(fate, Covered)}

    @property
    def unreachable(self) -> bool:
        """Tell whether it never decides anything."""
        return len(self.covered) == len(self.purposes)


def reach(manifest: ActiveManifest, rules: RuleMap | None = None) -> Sequence[Reach]:
    """Compute for each rule, in order, what becomes of its purposes."""
    rules = rules or RuleMap(manifest)
    return [_of(rules, number) for number in range(len(rules.rules))]


def _of(rules: RuleMap, number: int) -> Reach:
    rule, region = rules.rules[number], rules.where[number]
    purposes = [one.decision.purpose for one in rule.ruled]
    rules.effort.begin()
    try:
        if region is None:
            return Reach(rule.rule_id, False, dict.fromkeys(purposes, NOT_COMPUTED))
        if rules.somebody(region) is None:
            return Reach(rule.rule_id, True, dict.fromkeys(purposes, Covered(())))
        near = rules.near(number)
    except TooComplex:
        return Reach(rule.rule_id, False, dict.fromkeys(purposes, NOT_COMPUTED))
    known: dict[tuple[Named, ...], Fate] = {}
    fates: dict[str, Fate] = {}
    for one in rule.ruled:
        above = [named for named in near if rules.rules[named[1]].bits & one.bit]
        around = (*rules.withdrawn(one.decision.purpose), *above)
        if around not in known:
            known[around] = _fate(rules, number, around)
        fates[one.decision.purpose] = known[around]
    return Reach(rule.rule_id, False, fates)


def _fate(rules: RuleMap, number: int, above: Sequence[Named]) -> Fate:
    region, around = rules.where[number] or (), [*rules.impossible, *above]
    used: set[int] = set()
    try:
        for box in region:
            found = search(rules.space, box, around, rules.effort)
            if found.found is not None:
                return _open(rules, number, found.found)
            used |= found.used
    except TooComplex:
        return NOT_COMPUTED
    return Covered(tuple(rules.rules[one].rule_id for one in sorted(_needed(rules, region, around, used))))


def _open(rules: RuleMap, number: int, box: Box) -> Fate:
    """Believe it unless a rule above, which could not be computed, holds there too."""
    witness = rules.person(box)
    unknown = [
        rule for rule, region in zip(rules.rules[:number], rules.where, strict=False) if region is None
    ]
    bits = rules.rules[number].bits
    if any(rule.bits & bits and (witness is None or rule.matches(witness)) for rule in unknown):
        return NOT_COMPUTED
    return Open(witness)


def _needed(rules: RuleMap, region: Sequence[Box], around: Sequence[Named], used: set[int]) -> set[int]:
    """Leave out whose boxes are not needed to cover a region; where one rule does it alone, all others."""
    needed = used - {NOBODY}
    for one in sorted(needed):
        if _cover(rules, region, around, {one}):
            return {one}
    for one in sorted(needed, reverse=True):
        if _cover(rules, region, around, needed - {one}):
            needed -= {one}
    return needed


def _cover(rules: RuleMap, region: Sequence[Box], around: Sequence[Named], numbers: set[int]) -> bool:
    try:
        return covered(
            rules.space, region, [one for one in around if one[1] in numbers | {NOBODY}], rules.effort
        )
    except TooComplex:
        return False
