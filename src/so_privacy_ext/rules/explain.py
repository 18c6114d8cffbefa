"""Explains a ruling: what each rule decided or lost, and the first condition that kept it from matching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from so_privacy_ext.model import Ruling
from so_privacy_ext.rules.activation import ActiveManifest, ActiveRule
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.logic import culprit
from so_privacy_ext.sdk import UNKNOWN, Facts


@dataclass(frozen=True, slots=True)
class Failure:
    """The first condition that would have to be otherwise."""

    path: str
    """Such as `when.source` or `when.any[1].company`."""
    wanted: str
    found: str


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

    @property
    def matched(self) -> bool:
        """Tell whether its conditions held."""
        return self.failure is None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A ruling with the part that each rule had in it, in the order of the manifest."""

    ruling: Ruling
    rules: tuple[RuleExplained, ...]


def explain(facts: Facts, manifest: ActiveManifest) -> Explanation:
    """Decide, and say of each rule why it had an effect or none.

    May show the person's e-mail domain, so it is for the screen and kept nowhere.
    """
    ruling = decide(facts, manifest)
    decided_by = {one.purpose: one.rule_id for one in ruling.decisions}
    return Explanation(ruling, tuple(_rule(rule, facts, decided_by) for rule in manifest.rules))


def _rule(rule: ActiveRule, facts: Facts, decided_by: Mapping[str, str]) -> RuleExplained:
    if rule.when.truth(facts) is not True:
        return RuleExplained(rule.rule_id, rule.because, _failure(rule, facts))
    purposes = [one.decision.purpose for one in rule.ruled]
    return RuleExplained(
        rule.rule_id,
        rule.because,
        None,
        decided=tuple(one for one in purposes if decided_by.get(one) == rule.rule_id),
        lost={one: decided_by[one] for one in purposes if decided_by.get(one, rule.rule_id) != rule.rule_id},
        withdrawn=tuple(one for one in purposes if one not in decided_by),
    )


def _failure(rule: ActiveRule, facts: Facts) -> Failure:
    leaf, wanted = culprit(rule.when, facts)
    if leaf is None:
        return Failure("when", "something that can hold", "a condition that never holds")
    argument = said(leaf.condition.root)
    return Failure(leaf.path, argument if wanted else f"not {argument}", said(leaf.found(facts)))


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
