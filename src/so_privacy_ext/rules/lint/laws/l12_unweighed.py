"""L12: legitimate interest that nobody has weighed."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject

FEWEST_WORDS = 5
"""A reason in fewer can hardly name an interest and what it is weighed against."""


def look(subject: Subject) -> Iterator[Found]:
    """Look at how much is said where a rule gives 61F, once for each rule."""
    weighing = {one.rule.position for one in subject.given() if one.shape.basis == "61F"}
    for rule in subject.rules():
        if rule.position in weighing and len(rule.rule.because.split()) < FEWEST_WORDS:
            what = f"{shown(rule.rule.because)} is too short to weigh the interest behind `61F`"
            how = "name the interest, and why the person may expect it"
            yield Found(rule.at("because"), what, how)


LAW = Law(
    code="L12",
    level=Level.WARNING,
    title="legitimate interest without a note on how it was weighed",
    fact=Fact(
        says="the interest must be named to the person and must outweigh her own",
        source="GDPR article 6(1)(f), 13(1)(d) and 14(2)(b)",
    ),
    example="""\
- id: wrote-to-us
  when: {source: EMAIL}
  give: {STORE: {basis: 61F}}
  because: "The person wrote to us and expects an answer."
""",
    look=look,
)
