"""L03: consent of which nothing is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.model import EXPLICIT_CONSENT
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.conditions import demands, is_evidence_of
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Want for each 61A a condition by which what the person did is recorded, with the wording."""
    for one in subject.given():
        if one.shape.basis == EXPLICIT_CONSENT and not demands(
            one.rule.rule.when, is_evidence_of(one.purpose)
        ):
            what = (
                f"a rule gives `61A` for {shown(one.purpose)} without a record of what the person said yes to"
            )
            how = f"demand it in `when`: `evidence: {{tick: {one.purpose}, wording: present}}`"
            yield Found(one.at, what, how)


LAW = Law(
    code="L03",
    level=Level.ERROR,
    title="consent is given without a record of the act and its wording",
    fact=Fact(
        says="the controller must be able to show that the person has consented, and to what",
        source="GDPR article 7(1)",
    ),
    example="""\
- id: web-tick
  when: {source: WEBFORM, evidence: {tick: EMARKETING, wording: present}}
  give: {EMARKETING: keep}
  because: "Own active act with recorded wording."
""",
    look=look,
)
