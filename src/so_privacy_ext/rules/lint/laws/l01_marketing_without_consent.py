"""L01: marketing on another basis than consent, where the law of a country wants consent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.law import CountryLaw
from so_privacy_ext.rules.lint.conditions import demands
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Given, Subject
from so_privacy_ext.rules.words.origin import Evidence

_HOW = (
    "give marketing on consent only, or name a soft opt-in: `kind: soft_opt_in` with `evidence` of sale"
    " and objection"
)


def look(subject: Subject) -> Iterator[Found]:
    """Look at each basis that marketing gets, and at each that it may get and that no soft opt-in uses."""
    soft = {one.shape.basis for one in subject.given() if subject.is_marketing(one.purpose) and _is_soft(one)}
    for country, _, law in subject.laws():
        if law is None or "marketing" not in law.lines:
            continue
        line = law.lines["marketing"]
        for one in subject.given():
            proven = _is_soft(one) and one.shape.basis in _soft_bases(law)
            if subject.is_marketing(one.purpose) and one.shape.basis not in line.value and not proven:
                what = f"{shown(one.shape.basis)} can't carry {shown(one.purpose)} in {country}"
                yield Found(one.at, what, _HOW, fact=line.fact)
        for purpose, shape in subject.manifest.content.purposes.items():
            for at, basis in enumerate(shape.allowed if subject.is_marketing(purpose) else []):
                if basis not in line.value and not (basis in soft and basis in _soft_bases(law)):
                    what = (
                        f"{shown(purpose)} is allowed {shown(basis)}, on which nobody may be mailed in"
                        f" {country}"
                    )
                    node = subject.at("purposes", purpose, "allowed", at)
                    yield Found(node, what, "take it out of `allowed`", fact=line.fact)


def _is_soft(one: Given) -> bool:
    """Tell whether a rule gives a soft opt-in and demands what the law does."""
    return one.shape.kind == "soft_opt_in" and demands(one.rule.rule.when, _is_sale)


def _is_sale(word: Any) -> bool:
    return isinstance(word, Evidence) and word.root.sale == "present" and word.root.objection_offered is True


def _soft_bases(law: CountryLaw) -> list[str]:
    return law.lines["soft_opt_in"].value if "soft_opt_in" in law.lines else []


LAW = Law(
    code="L01",
    level=Level.ERROR,
    title="marketing gets another basis than consent, and it is no proven soft opt-in",
    fact=Fact(
        says="marketing by e-mail needs prior consent; the law of each country says whom that protects",
        source="directive 2002/58/EC article 13, and the `marketing` line of each country's pack",
    ),
    example="""\
purposes:
  EMARKETING: {allowed: [61A], expires: P24M, renew_before: P60D}
rules:
  - id: web-tick
    when: {source: WEBFORM, evidence: {tick: EMARKETING, wording: present}}
    give: {EMARKETING: keep}
    because: "The person ticked it herself, with the wording that is kept."
""",
    look=look,
)
