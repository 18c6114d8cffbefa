"""L46: a part that allows what the whole forbids."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Compare each purpose with the one that it is a part of."""
    purposes = subject.manifest.content.purposes
    for key, shape in purposes.items():
        if shape.parent is None:
            continue
        for at, basis in enumerate(shape.allowed):
            if basis not in purposes[shape.parent].allowed:
                what = (
                    f"{shown(key)} allows {shown(basis)}, and {shown(shape.parent)}, which it is a part"
                    " of, does not"
                )
                yield Found(
                    subject.at("purposes", key, "allowed", at), what, "take it out here, or allow it there"
                )


LAW = Law(
    code="L46",
    level=Level.ERROR,
    title="a purpose allows a basis that the purpose it is a part of does not",
    fact=Fact(
        says="a purpose inherits the limits of the one it is a part of, as a withdrawal goes down the tree",
        source="this product, purposes as a tree",
    ),
    example="""\
purposes:
  EMARKETING: {allowed: [61A], expires: P24M, renew_before: P60D}
  NEWSLETTER: {parent: EMARKETING, allowed: [61A]}
""",
    look=look,
)
