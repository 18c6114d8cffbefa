"""Explains a ruling: what each rule decided or lost, and what kept it from matching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from so_privacy_ext.model import Ruling
from so_privacy_ext.rules.activation import ActiveManifest, ActiveRule
from so_privacy_ext.rules.decide import decide, open_purposes, withdrawn_purposes
from so_privacy_ext.rules.logic import Leaf, culprit, unasked
from so_privacy_ext.rules.reach import kinds
from so_privacy_ext.rules.reach.map import RuleMap
from so_privacy_ext.rules.reach.misses import Need, nearest
from so_privacy_ext.rules.reach.space import OPAQUE
from so_privacy_ext.sdk import UNKNOWN, Facts, answer_key


@dataclass(frozen=True, slots=True)
class Failure:
    """The first condition that would have to be otherwise."""

    path: str
    """Such as `when.source` or `when.any[1].company`."""
    wanted: str
    found: str
    why: Mapping[str, str] = field(default_factory=dict)
    """What a plugin gave as the reason, by language; empty where it gave none."""


@dataclass(frozen=True, slots=True)
class Lack:
    """One fact that would have to be otherwise for a rule to match; one of the four last says how."""

    path: str
    """The condition that asks for it, such as `when.source`."""
    word: str
    fact: str
    """A field of `Facts`, or `word` where the condition doesn't say what it looks at."""
    key: str | None
    """The entry, where the fact has several: a purpose, a column, a user-defined field."""
    found: str
    values: tuple[str, ...] = ()
    """One of these."""
    but: tuple[str, ...] = ()
    """Anything but these."""
    at_least: str | None = None
    below: str | None = None
    why: Mapping[str, str] = field(default_factory=dict)
    """What a plugin gave as the reason, by language; empty where it gave none."""


@dataclass(frozen=True, slots=True)
class RuleExplained:
    """What one rule did for one person."""

    rule_id: str
    because: str
    failure: Failure | None
    """None when the rule matched."""
    decided: tuple[str, ...] = ()
    lost: Mapping[str, str] | None = None
    """Purpose → the rule above that had decided it."""
    withdrawn: tuple[str, ...] = ()
    """Purposes that it would have decided, had nobody withdrawn."""
    lacks: tuple[Lack, ...] = ()
    """The nearest miss: all of these at once, and no fewer, would make it match."""
    then: Mapping[str, str | None] | None = None
    """Had it matched so: purpose → the rule that would decide it; None where that stands withdrawn."""
    unasked: tuple[str, ...] = ()
    """Words of plugins that said nothing, for which it holds back what it `decided`, although not matched."""

    @property
    def matched(self) -> bool:
        """Tell whether its conditions held."""
        return self.failure is None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A ruling with the part that each rule had in it, in the order of the manifest."""

    ruling: Ruling
    rules: tuple[RuleExplained, ...]


def explain(facts: Facts, manifest: ActiveManifest, rules: RuleMap | None = None) -> Explanation:
    """Decide, and say of each rule why it had an effect or none; `rules` may be given where it is at hand.

    May show the person's e-mail domain, so it is for the screen and kept nowhere.
    """
    ruling = decide(facts, manifest)
    rules = rules or RuleMap(manifest)
    decided_by = {one.purpose: one.rule_id for one in ruling.decisions}
    return Explanation(
        ruling,
        tuple(
            _matched(rule, decided_by)
            if rule.when.truth(facts) is True
            else _missed(rules, number, facts, manifest, decided_by)
            for number, rule in enumerate(manifest.rules)
        ),
    )


def _matched(rule: ActiveRule, decided_by: Mapping[str, str]) -> RuleExplained:
    purposes = [one.decision.purpose for one in rule.ruled]
    return RuleExplained(
        rule.rule_id,
        rule.because,
        None,
        decided=tuple(one for one in purposes if decided_by.get(one) == rule.rule_id),
        lost={one: decided_by[one] for one in purposes if decided_by.get(one, rule.rule_id) != rule.rule_id},
        withdrawn=tuple(one for one in purposes if one not in decided_by),
    )


def _missed(
    rules: RuleMap, number: int, facts: Facts, manifest: ActiveManifest, decided_by: Mapping[str, str]
) -> RuleExplained:
    rule, miss = manifest.rules[number], nearest(rules, number, facts)
    failure = _failure(rule, facts)
    held = tuple(
        one.decision.purpose for one in rule.ruled if decided_by.get(one.decision.purpose) == rule.rule_id
    )
    words = tuple(unasked(rule.when, facts)) if held else ()
    if miss is None:
        return RuleExplained(rule.rule_id, rule.because, failure, decided=held, unasked=words)
    if miss.mended is not None:
        decided_by = {one.purpose: one.rule_id for one in decide(miss.mended, manifest).decisions}
    else:
        decided_by = _by_order(manifest, number, facts, decided_by)
    return RuleExplained(
        rule.rule_id,
        rule.because,
        failure,
        decided=held,
        unasked=words,
        lacks=tuple(_lack(need, facts) for need in miss.needs),
        then={one.decision.purpose: decided_by.get(one.decision.purpose) for one in rule.ruled},
    )


def _by_order(
    manifest: ActiveManifest, number: int, facts: Facts, decided_by: Mapping[str, str]
) -> Mapping[str, str]:
    """Say who would decide, did a rule hold while all others are as they are."""
    above = {one.rule_id for one in manifest.rules[:number]}
    rule, undecided = manifest.rules[number], open_purposes(manifest, withdrawn_purposes(facts))
    purposes = [one.decision.purpose for one in rule.ruled if one.bit & undecided]
    now = {purpose: decided_by.get(purpose, rule.rule_id) for purpose in purposes}
    return {purpose: by if by in above else rule.rule_id for purpose, by in now.items()}


def _lack(need: Need, facts: Facts) -> Lack:
    def name(value: Any) -> str:
        if need.aspect.fact.endswith("_id"):
            return said(need.leaf.found(kinds.put(facts, need.aspect, value)))
        if need.aspect.fact == "consents":
            return "none" if value is UNKNOWN else "/".join(value)
        return said(value)

    opaque = need.aspect.fact == OPAQUE
    return Lack(
        need.leaf.path,
        need.leaf.condition.word,
        "word" if opaque else need.aspect.fact,
        said(need.leaf.condition.root) if opaque else need.aspect.key,
        said(need.found) if opaque else name(need.found),
        tuple(name(one) for one in need.values),
        tuple(name(one) for one in need.but),
        None if need.at_least is None else said(need.at_least),
        None if need.below is None else said(need.below),
        _reason(need.leaf, facts) if opaque else {},
    )


def _failure(rule: ActiveRule, facts: Facts) -> Failure:
    leaf, wanted = culprit(rule.when, facts)
    if leaf is None:
        return Failure("when", "something that can hold", "a condition that never holds")
    argument = said(leaf.condition.root)
    found = said(leaf.found(facts))
    return Failure(leaf.path, argument if wanted else f"not {argument}", found, _reason(leaf, facts))


def _reason(leaf: Leaf, facts: Facts) -> Mapping[str, str]:
    """Give the reason of a plugin's word, which the facts hold by its code."""
    condition = leaf.condition
    if not condition.reasons:
        return {}
    _, code = facts.answers.get(answer_key(condition.word, condition.root), (None, ""))
    return condition.reasons.get(code, {})


def said(value: Any) -> str:
    """Write a fact or an argument for a reader."""
    if isinstance(value, BaseModel):
        names = {name: type(value).model_fields[name].alias or name for name in value.model_fields_set}
        return said({names[name]: getattr(value, name) for name in sorted(names)})
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {said(one)}" for key, one in value.items())
    if isinstance(value, tuple):
        return " or ".join(said(one) for one in value) if value else "none"
    if value is UNKNOWN:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)
