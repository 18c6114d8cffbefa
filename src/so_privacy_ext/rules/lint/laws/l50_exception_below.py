"""L50: exceptions below what they are exceptions from."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.reached import reached
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.reach.overlaps import exceptions


def look(subject: Subject) -> Iterator[Found]:
    """Compare for whom rules hold; who never decides anything is told so by another law."""
    written, computed = subject.rules(), reached(subject.manifest)
    for one in exceptions(computed.rules):
        if computed.reaches[one.lower].unreachable:
            continue
        upper, lower = written[one.upper], written[one.lower]
        what = (
            f"everybody for whom {shown(lower.rule.id)} holds is also in {shown(upper.rule.id)} above, "
            "which comes first"
        )
        yield Found(lower.at("id"), what, f"move it above {shown(upper.rule.id)}: exceptions first")


LAW = Law(
    code="L50",
    level=Level.NOTE,
    title="a narrower rule below a wider one",
    fact=Fact(
        says="the first rule that applies decides, and the mail is that of the highest rule that decided",
        source="this product, docs/manifest.md",
        checked_on="2026-11-28",
        confidence="verified",
    ),
    example="""\
- id: danish-cards      # the exception
  when: {source: CARD, country: DK}
  give: {STORE: {basis: 61B}}
  because: "Danish cards come with a signed order."
- id: cards
  when: {source: CARD}
  give: {STORE: {basis: 61F}}
  because: "A business relation is under way."
""",
    look=look,
)
