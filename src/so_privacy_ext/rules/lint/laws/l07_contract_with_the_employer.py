"""L07: a contract as basis for somebody who isn't a party to it."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.conditions import demands
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.words.listed import Business, Category


def look(subject: Subject) -> Iterator[Found]:
    """Look for a 61B whose rule isn't narrowed by the kind of company, as to sole traders."""
    for one in subject.given():
        narrowed = demands(one.rule.rule.when, lambda word: isinstance(word, Business | Category))
        if one.shape.basis == "61B" and not narrowed:
            what = (
                f"a rule gives `61B` for {shown(one.purpose)} to contact persons, whose employer is the party"
            )
            how = "narrow it to sole traders and private customers, or give `61F` with a reason that weighs"
            yield Found(one.at, what, how)


LAW = Law(
    code="L07",
    level=Level.WARNING,
    title="a contract is the basis for somebody who may not be a party to it",
    fact=Fact(
        says="a contract carries the data of whoever is a party to it, or asked for steps before it",
        source="GDPR article 6(1)(b)",
    ),
    example="""\
- id: sole-trader
  when: {business: "Sole trader"}
  give: {STORE: {basis: 61B}}
  because: "Here the person is the contract party."
""",
    look=look,
)
