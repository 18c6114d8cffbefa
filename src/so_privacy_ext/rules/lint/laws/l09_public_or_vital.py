"""L09: bases that a company hardly ever has."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject

_MEANT_FOR = {"61D": "to save a life", "61E": "for authorities and whoever acts for them"}


def look(subject: Subject) -> Iterator[Found]:
    """Look at each basis that a rule gives."""
    for one in subject.given():
        if one.shape.basis in _MEANT_FOR:
            what = f"a rule gives {shown(one.shape.basis)}, which is {_MEANT_FOR[one.shape.basis]}"
            yield Found(one.at, what, "give `61F` or another basis that a company has")


LAW = Law(
    code="L09",
    level=Level.WARNING,
    title="vital interests or a public task are the basis in a company",
    fact=Fact(
        says="vital interests are those of life and limb; a public task is laid down by law",
        source="GDPR article 6(1)(d), 6(1)(e) and 6(3), recital 46",
    ),
    example="""\
- id: met-in-person
  when: {source: USER}
  give: {STORE: {basis: 61F}}
  because: "Business relation under way."
""",
    look=look,
)
