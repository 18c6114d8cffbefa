"""L08: a legal duty without the law that makes it one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject

_STATUTE = re.compile(
    r"§|\b(art|article|artikel|section|kap)\b\.?\s*\d|\w*(lov|loven|lag|lagen|laki|gesetz|act|ordnung|law)\b"
    r"|\b(AO|HGB|UStG|GDPR)\b",
    re.IGNORECASE,
)


def look(subject: Subject) -> Iterator[Found]:
    """Want the reason of a rule that gives 61C to name a law."""
    for one in subject.given():
        if one.shape.basis == "61C" and not _STATUTE.search(one.rule.rule.because):
            what = f"a rule gives `61C` for {shown(one.purpose)} and its `because` names no law"
            yield Found(one.rule.at("because"), what, "name the law and its paragraph in `because`")


LAW = Law(
    code="L08",
    level=Level.WARNING,
    title="a legal duty is the basis, and no law is named",
    fact=Fact(
        says="a duty must be laid down by the law of the union or of a member state",
        source="GDPR article 6(1)(c) and 6(3)",
    ),
    example="""\
- id: erp
  when: {source: ERP}
  give: {ACCOUNTING: {basis: 61C}}
  because: "Bogføringsloven § 12: vouchers are kept for five years."
""",
    look=look,
)
