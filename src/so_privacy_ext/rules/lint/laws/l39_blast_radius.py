"""L39: a rule that decides about more persons than it says it may."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.shape import GiveBasis

UNLESS_SAID = 0.5
"""The share of persons from which a rule that says nothing of it is worth a second look."""


def look(subject: Subject) -> Iterator[Found]:
    """Compare the share of known persons for whom a rule gives a basis with its `max_changes`."""
    shares = subject.tenant.shares if subject.tenant is not None else None
    for rule in subject.rules():
        share = (shares or {}).get(rule.rule.id, 0.0)
        limit = int(rule.rule.max_changes.rstrip("%")) / 100 if rule.rule.max_changes else UNLESS_SAID
        gives = isinstance(rule.rule.give, dict) and any(
            isinstance(one, GiveBasis) for one in rule.rule.give.values()
        )
        if gives and share > limit:
            what = f"the rule {shown(rule.rule.id)} would decide for {share:.0%} of the persons whom we know"
            how = "see by `so-privacy plan` what it would change; narrow it, or say so by `max_changes`"
            yield Found(rule.at("id"), what, how)


LAW = Law(
    code="L39",
    level=Level.WARNING,
    title="a rule decides for more persons than `max_changes` says, or for more than half of all",
    fact=Fact(
        says="a rule that applies to most persons is more often a slip than meant",
        source="practice of tools that act in bulk, which stop beyond a share",
    ),
    example="max_changes: 60%   # of a rule that is meant to decide for most\n",
    look=look,
    needs="tenant",
)
