"""L38: data from a supplier whom nobody has named or agreed with."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.conditions import sources
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look at sources that need a supplier and whose persons a rule gives something."""
    giving = [sources(one.rule.rule.when) for one in subject.given()]
    for key, source in subject.manifest.content.sources.items():
        if source.supplier == "required" and any(some is None or key in some for some in giving):
            what = f"persons of {shown(key)} are given a basis, and it isn't said who supplies them"
            how = "write `supplier: {name: …, agreement: 2026-01-31}` once it is known and agreed"
            yield Found(subject.at("sources", key, "supplier"), what, how)


LAW = Law(
    code="L38",
    level=Level.WARNING,
    title="a source needs a supplier, and none is named with an agreement",
    fact=Fact(
        says="the person is told from which source her data is; who processes for another has an agreement",
        source="GDPR article 14(2)(f), 26 and 28(3)",
    ),
    example="""\
sources:
  VENDOR: {new: true, type: system, article: 14, supplier: {name: "Data Supply A/S", agreement: 2026-01-31}}
""",
    look=look,
)
