"""L04: who has not said no is taken to have said yes."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.model import EXPLICIT_CONSENT
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.conditions import words_with_sign
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.words.origin import Evidence, Form


def look(subject: Subject) -> Iterator[Found]:
    """Look for a 61A that rests on what a person did not do, and on nothing that she did."""
    for one in subject.given():
        if one.shape.basis != EXPLICIT_CONSENT:
            continue
        acts = [
            sign for word, sign in words_with_sign(one.rule.rule.when) if isinstance(word, Evidence | Form)
        ]
        if acts and not any(acts):
            what = f"a rule gives `61A` for {shown(one.purpose)} to whoever has not done something"
            how = "a consent is given, never presumed: make it rest on what the person did"
            yield Found(one.rule.at("when"), what, how)


LAW = Law(
    code="L04",
    level=Level.ERROR,
    title="not having said no is read as a yes",
    fact=Fact(
        says="silence, boxes ticked beforehand and inactivity are no consent",
        source="GDPR article 4(11) and recital 32",
    ),
    example="""\
- id: web-tick
  when: {source: WEBFORM, evidence: {tick: EMARKETING, wording: present}}
  give: {EMARKETING: keep}
  because: "The person ticked the box herself."
""",
    look=look,
)
