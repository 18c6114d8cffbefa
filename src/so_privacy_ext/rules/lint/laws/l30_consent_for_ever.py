"""L30: consent that never ends and is never asked for again."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.model import EXPLICIT_CONSENT
from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look at each purpose that consent may carry and that is a part of no other such purpose."""
    purposes = subject.manifest.content.purposes
    for key, shape in purposes.items():
        if EXPLICIT_CONSENT not in shape.allowed or shape.parent is not None:
            continue
        lacking = [
            name
            for name, value in (("expires", shape.expires), ("renew_before", shape.renew_before))
            if not value
        ]
        if lacking:
            what = f"a consent to {shown(key)} has no {' and no '.join(map(shown, lacking))}"
            how = (
                "say how long it counts and when it is asked for again, such as `expires: P24M,"
                " renew_before: P60D`"
            )
            yield Found(subject.at("purposes", key), what, how)


LAW = Law(
    code="L30",
    level=Level.WARNING,
    title="consent without an end or without renewal",
    fact=Fact(
        says="how long a consent lasts depends on what was said and expected; it is to be renewed when"
        " that changes",
        source="EDPB guidelines 05/2020 on consent, 5.1",
    ),
    example="purposes:\n  EMARKETING: {allowed: [61A], expires: P24M, renew_before: P60D}\n",
    look=look,
)
