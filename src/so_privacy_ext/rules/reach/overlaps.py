"""Finds rules that both hold for somebody and want different things, and rules that are part of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


def overlaps(rules: RuleMap) -> Iterator[Overlap]:
    """Give the first purpose of each two rules that differ for no reason that shows in their conditions.

    The narrower above the wider is such a reason, and so is a rule that holds back above one that gives.
    What can't be computed is not given, nor what takes a word that doesn't say what it looks at.
    """
    for upper, lower in _pairs(rules):
        rules.effort.begin()
        try:
            found = _overlap(rules, upper, lower)
        except TooComplex:
            continue
        if found is not None:
            yield found


def exceptions(rules: RuleMap) -> Iterator[Narrower]:
    """Give each rule that is narrower than one above it and loses by that, with the first such one."""
    seen = set()
    for upper, lower in _pairs(rules):
        if lower in seen:
            continue
        rules.effort.begin()
        try:
            if _loses(rules.rules[upper], rules.rules[lower]) and _narrower(rules, lower, upper):
                seen.add(lower)
                yield Narrower(upper, lower)
        except TooComplex:
            continue


def _pairs(rules: RuleMap) -> Iterator[tuple[int, int]]:
    for lower in range(len(rules.rules)):
        for upper in range(lower):
            yield upper, lower


def _overlap(rules: RuleMap, upper: int, lower: int) -> Overlap | None:
    high, low = rules.where[upper], rules.where[lower]
    differing = _differing(rules.rules[upper], rules.rules[lower])
    if high is None or low is None or not differing:
        return None
    rules.effort.spend(len(high) * len(low))
    both = rules.regions.common([high, low])
    if not both or rules.within(high, lower) or rules.within(low, upper):
        return None
    for bit, purpose in differing:
        above = rules.boxes(one for one in range(upper) if rules.rules[one].bits & bit)
        box = rules.somebody(both, above)
        witness = None if box is None else rules.person(box)
        if witness is not None:
            return Overlap(upper, lower, purpose, witness)
    return None


def _differing(upper: ActiveRule, lower: ActiveRule) -> list[tuple[int, str]]:
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
    mine, theirs = rules.where[one], rules.where[other]
    if mine is None or theirs is None or not mine:
        return False
    return rules.within(mine, other) and not rules.within(theirs, one)
