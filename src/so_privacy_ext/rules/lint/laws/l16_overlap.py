"""L16: rules that both hold for somebody, give different things, and stand in no order that has a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from so_privacy_ext.model import Decision, Outcome
from so_privacy_ext.rules.activation import ActiveRule
from so_privacy_ext.rules.explain import said
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.reached import reached
from so_privacy_ext.rules.lint.subject import RuleAt, Subject
from so_privacy_ext.rules.reach.overlaps import overlaps
from so_privacy_ext.rules.reach.space import leaves_of
from so_privacy_ext.sdk import Facts


def look(subject: Subject) -> Iterator[Found]:
    """Take three reasons for an order: narrower first, holding back before giving, and one that is said."""
    written, computed = subject.rules(), reached(subject.manifest)
    names = [_names(one) for one in written]

    def excused(upper: int, lower: int) -> bool:
        return written[lower].rule.id in names[upper] or written[upper].rule.id in names[lower]

    for one in overlaps(computed.rules, excused):
        upper, lower = written[one.upper], written[one.lower]
        first, second = (computed.rules.rules[at] for at in (one.upper, one.lower))
        ids = f"{shown(upper.rule.id)} and {shown(lower.rule.id)}"
        gives, would = _given(first, one.purpose), _given(second, one.purpose)
        what = (
            f"{ids} both hold for a person with {_like(one.witness, first, second)}; "
            f"{one.purpose} gets {gives} by the first, and would get {would} by the second"
        )
        how = "make one narrower, or say why this order, in the `because` of one by the id of the other"
        yield Found(lower.at("id"), what, how)


def _names(rule: RuleAt) -> frozenset[str]:
    """Give all in a rule's reason that could be the id of a rule."""
    return frozenset(re.findall(r"[\w-]+", rule.rule.because))


def _like(witness: Facts, *rules: ActiveRule) -> str:
    """Say what somebody has in common with what rules ask for."""
    leaves = [leaf for rule in rules for leaf in leaves_of(rule.when)]
    found = {leaf.condition.word: leaf.found(witness) for leaf in leaves}
    return ", ".join(
        said(value) if isinstance(value, Mapping) else f"{word} {said(value)}"
        for word, value in found.items()
    )


def _given(rule: ActiveRule, purpose: str) -> str:
    return next(_said(one.decision) for one in rule.ruled if one.decision.purpose == purpose)


def _said(decision: Decision) -> str:
    if decision.outcome is not Outcome.GIVE:
        return f"`{decision.outcome}`"
    ends = f" until {decision.expires}" if decision.expires else ""
    return f"{decision.basis} from {decision.source or 'her own source'}{ends}"


LAW = Law(
    code="L16",
    level=Level.WARNING,
    title="two rules overlap and give different things, and nothing says why one comes first",
    fact=Fact(
        says="where order alone says which of two rules decides, nobody can show why",
        source="GDPR article 5(2)",
        confidence="reported",
    ),
    example="""\
- id: sole-trader
  when: {business: "Sole trader"}
  give: {STORE: {basis: 61B}}
  because: "The person is the contract party, so this comes before met-in-person."
- id: met-in-person
  when: {source: CARD}
  give: {STORE: {basis: 61F}}
  because: "A business relation is under way."
""",
    look=look,
)
