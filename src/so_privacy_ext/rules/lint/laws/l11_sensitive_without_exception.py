"""L11: sensitive data on a basis that doesn't lift their ban."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look at each basis that a rule gives to a sensitive purpose."""
    for one in subject.given():
        sensitive = subject.manifest.content.purposes[one.purpose].classification == "sensitive"
        if sensitive and one.shape.basis in {"61B", "61C", "61F"}:
            what = (
                f"{shown(one.purpose)} is sensitive, and {shown(one.shape.basis)} alone doesn't permit that"
            )
            yield Found(one.at, what, "give `61A` with evidence, or have a human decide by `review`")


LAW = Law(
    code="L11",
    level=Level.ERROR,
    title="sensitive data on a basis that doesn't lift their ban",
    fact=Fact(
        says="special categories are forbidden unless one of the exceptions holds, such as explicit consent",
        source="GDPR article 9(1) and 9(2)",
    ),
    example="""\
purposes:
  HEALTH: {allowed: [61A], classification: sensitive, expires: P12M, renew_before: P30D}
""",
    look=look,
)
