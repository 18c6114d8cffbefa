"""L52: a part that has no end, since the whole has none to pass on."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.model import EXPLICIT_CONSENT
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look at each purpose that is a part of another and may be carried by consent."""
    for key, shape in subject.manifest.content.purposes.items():
        if shape.parent is not None and EXPLICIT_CONSENT in shape.allowed and subject.expires(key) is None:
            what = (
                f"a consent to {shown(key)} never ends: neither it nor {shown(shape.parent)} has an `expires`"
            )
            yield Found(
                subject.at("purposes", key),
                what,
                f"write `expires` at {shown(shape.parent)}, which passes it on",
            )


LAW = Law(
    code="L52",
    level=Level.WARNING,
    title="a purpose has no end, and the purpose it is a part of has none to pass on",
    fact=Fact(
        says="how long a consent lasts depends on what was said and expected",
        source="EDPB guidelines 05/2020 on consent, 5.1",
    ),
    example="""\
purposes:
  EMARKETING: {allowed: [61A], expires: P24M, renew_before: P60D}
  NEWSLETTER: {parent: EMARKETING, allowed: [61A]}
""",
    look=look,
)
