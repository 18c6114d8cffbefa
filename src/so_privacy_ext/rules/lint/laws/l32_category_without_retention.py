"""L32: companies of a category for which nobody said how long persons are kept."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.conditions import ALWAYS
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.names import normal, spellings
from so_privacy_ext.rules.references import words_in


def look(subject: Subject) -> Iterator[Found]:
    """Compare the tenant's categories with those that `retention` names."""
    if subject.tenant is None:
        return
    whens = [one.when for one in subject.manifest.content.retention.values()]
    if ALWAYS in whens:
        return
    named = {
        normal(reference.name)
        for when in whens
        for word in words_in(when)
        for reference in word.references()
        if reference.kind == "category"
    }
    lacking = [name for name in subject.tenant.lists.categories.values() if not spellings(name) & named]
    if lacking:
        which = ", ".join(sorted(shown(name) for name in lacking))
        what = f"`retention` says nothing of persons at companies of the categories {which}"
        yield Found(subject.part("retention"), what, "say how long each is kept, and what becomes of it then")


LAW = Law(
    code="L32",
    level=Level.WARNING,
    title="`retention` leaves out a category that the tenant has",
    fact=Fact(
        says="data is kept no longer than needed, and the person is told for how long",
        source="GDPR article 5(1)(e) and 13(2)(a)",
    ),
    example="retention:\n  prospect: {when: {category: Prospect}, inactive: P24M, then: propose_delete}\n",
    look=look,
    needs="tenant",
)
