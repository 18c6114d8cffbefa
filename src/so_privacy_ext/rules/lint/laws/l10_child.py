"""L10: legitimate interest, or a consent that is let stand, for a person who may be a child."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from so_privacy_ext.model import EXPLICIT_CONSENT
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.conditions import admits, demands
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import RuleAt, Subject
from so_privacy_ext.rules.references import words_in
from so_privacy_ext.rules.shape import GiveBasis
from so_privacy_ext.rules.words.person import AgeBelow


def look(subject: Subject) -> Iterator[Found]:
    """Want, above each rule that takes a person for grown up, one that decides the purpose for children."""
    purposes = list(subject.manifest.content.purposes)
    guards: list[RuleAt] = []
    for rule in subject.rules():
        for purpose, at, outcome in rule.outcomes(purposes):
            if _is_for_adults(subject, purpose, outcome) and not any(
                _keeps_back(guard, purpose, purposes) and _catches_children(guard, rule) for guard in guards
            ):
                basis = outcome.basis if isinstance(outcome, GiveBasis) else None
                gives = "lets stand" if basis is None else f"gives {shown(basis)} for"
                what = (
                    f"the rule {shown(rule.rule.id)} {gives} {shown(purpose)} also where a person is a child"
                )
                how = (
                    "put a rule above it with `age_below: country_digital_age`"
                    f" that gives {shown(purpose)} a `review` or `deny`"
                )
                yield Found(at, what, how)
        if any(map(_is_digital_age, words_in(rule.rule.when))):
            guards.append(rule)


def _is_for_adults(subject: Subject, purpose: str, outcome: GiveBasis | str) -> bool:
    if isinstance(outcome, GiveBasis):
        return outcome.basis in {EXPLICIT_CONSENT, "61F"}
    return outcome == "keep" and subject.is_marketing(purpose)


def _keeps_back(guard: RuleAt, purpose: str, purposes: list[str]) -> bool:
    return any(
        decided == purpose and outcome in ("review", "deny")
        for decided, _, outcome in guard.outcomes(purposes)
    )


def _catches_children(other: RuleAt, rule: RuleAt) -> bool:
    """Tell whether a rule applies to every child to whom the other one would."""

    def holds(word: Any) -> bool:
        return _is_digital_age(word) or demands(rule.rule.when, lambda own: own == word)

    return admits(other.rule.when, holds)


def _is_digital_age(word: Any) -> bool:
    return isinstance(word, AgeBelow) and (word.root == "country_digital_age" or word.root >= _GROWN_UP)


_GROWN_UP = 16
"""Years; no country of the union has a higher age of digital consent."""

LAW = Law(
    code="L10",
    level=Level.ERROR,
    title="legitimate interest or consent for a person who may be a child",
    fact=Fact(
        says="interests and rights of the person outweigh in particular where she is a child, whose own"
        " consent"
        " to an online service counts only from the age of her country",
        source="GDPR article 6(1)(f) and 8(1)",
    ),
    example="""\
- id: minor
  when: {age_below: country_digital_age}
  give: {STORE: review, EMARKETING: deny}
  because: "Art. 6.1 f weighs less for a child; a human decides."
""",
    look=look,
)
