"""Finds rules that both hold for somebody and want different things, and rules that are part of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from so_privacy_ext.model import Decision, Outcome
from so_privacy_ext.rules.activation import ActiveRule
from so_privacy_ext.rules.reach.effort import TooComplex
from so_privacy_ext.rules.reach.map import RuleMap
from so_privacy_ext.sdk import Facts


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rules, neither part of the other, of which the upper one gives what the lower one would not."""

    upper: int
    lower: int
    purpose: str
    witness: Facts
    """Somebody for whom both hold, and no rule above decides this purpose."""


@dataclass(frozen=True, slots=True)
class Narrower:
    """A rule whose persons are all in a rule above that leaves it less to say."""

    upper: int
    lower: int


Pair = Callable[[int, int], bool]
Differing = Sequence[tuple[int, str]]
"""Purposes, each with its bit."""


def overlaps(rules: RuleMap, excused: Pair = lambda _upper, _lower: False) -> Iterator[Overlap]:
    """Give for each rule the first above it from which it differs for no reason that can be seen.

    Reasons that conditions show: the narrower stands above the wider, or who holds back above who gives;
    `excused` says of any other two rules whether there is one. What can't be computed is not given, nor
    what takes a word that doesn't say what it looks at.
    """

    def look(upper: int, lower: int) -> Overlap | None:
        differing = _differing(rules.rules[upper], rules.rules[lower])
        if not differing or excused(upper, lower):
            return None
        return _overlap(rules, upper, lower, differing)

    return _first_of_each(rules, look)


def exceptions(rules: RuleMap) -> Iterator[Narrower]:
    """Give each rule that is narrower than one above it and loses by that, with the first such one."""

    def look(upper: int, lower: int) -> Narrower | None:
        loses = _loses(rules.rules[upper], rules.rules[lower]) and _narrower(rules, lower, upper)
        return Narrower(upper, lower) if loses else None

    return _first_of_each(rules, look)


Found = TypeVar("Found")


def _first_of_each(rules: RuleMap, look: Callable[[int, int], Found | None]) -> Iterator[Found]:
    """Look for each rule at those above that meet it, until one is as wanted."""
    for lower in range(len(rules.rules)):
        rules.effort.begin()
        try:
            above = sorted({upper for _, upper in rules.near(lower)})
            found = next((one for upper in above if (one := look(upper, lower)) is not None), None)
        except TooComplex:
            continue
        if found is not None:
            yield found


def _overlap(rules: RuleMap, upper: int, lower: int, differing: Differing) -> Overlap | None:
    high, low = rules.where[upper] or (), rules.where[lower] or ()
    if rules.within(high, lower) or rules.within(low, upper):
        return None
    both = rules.regions.common([high, low])
    for bit, purpose in differing:
        above = rules.boxes(one for one in range(upper) if rules.rules[one].bits & bit)
        box = rules.somebody(both, above)
        witness = None if box is None else rules.person(box)
        if witness is not None:
            return Overlap(upper, lower, purpose, witness)
    return None


def _differing(upper: ActiveRule, lower: ActiveRule) -> Differing:
    """Give the purposes to which the upper rule gives a basis, and the lower rule something else."""
    others = {one.bit: _wanted(one.decision) for one in lower.ruled}
    given = [one for one in upper.ruled if one.decision.outcome is Outcome.GIVE and one.bit in others]
    return [(one.bit, one.decision.purpose) for one in given if _wanted(one.decision) != others[one.bit]]


def _wanted(decision: Decision) -> tuple[object, ...]:
    return decision.outcome, decision.basis, decision.source, decision.expires


def _loses(upper: ActiveRule, lower: ActiveRule) -> bool:
    """Tell whether the upper rule takes a purpose or the mail from the lower one."""
    tells = {upper.tell, lower.tell}
    return bool(upper.bits & lower.bits) or (None not in tells and len(tells) > 1)


def _narrower(rules: RuleMap, one: int, other: int) -> bool:
    mine, theirs = rules.where[one] or (), rules.where[other] or ()
    return rules.within(mine, other) and not rules.within(theirs, one)
