"""L53: rows of marketing that nobody consented to, taken for consents."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.conditions import demands, is_evidence_of
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look for a `keep` of marketing that doesn't ask for a recorded tick and its wording."""
    for rule in subject.rules():
        if not isinstance(rule.rule.give, dict):
            continue
        for purpose, outcome in rule.rule.give.items():
            proven = demands(rule.rule.when, is_evidence_of(purpose))
            if outcome == "keep" and subject.is_marketing(purpose) and not proven:
                what = f"the rule {shown(rule.rule.id)} lets every {shown(purpose)} stand, whoever wrote it"
                how = f"demand `evidence: {{tick: {purpose}, wording: present}}` in its `when`"
                yield Found(rule.at("give", purpose), what, how)


LAW = Law(
    code="L53",
    level=Level.ERROR,
    title="a marketing row that stands counts as consent without evidence",
    fact=Fact(
        says="an upgrade turned `nomailing` and shipment addresses into consents, and connectors write"
        " their own"
        " default; neither is anything a person said",
        source="SuperOffice release notes, database 12.0.342, steps 9 and 12 to 16",
    ),
    example="""\
- id: web-tick
  when: {source: WEBFORM, evidence: {tick: EMARKETING, wording: present}}
  give: {EMARKETING: keep}
  because: "Own active act with recorded wording."
""",
    look=look,
)
