"""L31: renewal that comes when there is nothing left to renew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.periods import add

_SOME_DAY = datetime(2027, 1, 1)  # noqa: DTZ001  # only differences of days matter


def look(subject: Subject) -> Iterator[Found]:
    """Compare the two periods of each purpose."""
    for key, shape in subject.manifest.content.purposes.items():
        expires = subject.expires(key)
        if shape.renew_before is None:
            continue
        if expires is None:
            what = f"{shown(key)} is to be renewed before an end that it hasn't"
        elif add(_SOME_DAY, shape.renew_before) >= add(_SOME_DAY, expires):
            what = f"{shown(key)} ends after {expires}, and would be renewed {shape.renew_before} before that"
        else:
            continue
        how = "renewal comes while the consent is alive: write a shorter `renew_before` or a longer `expires`"
        yield Found(subject.at("purposes", key, "renew_before"), what, how)


LAW = Law(
    code="L31",
    level=Level.ERROR,
    title="renewal is planned for when nothing is left to renew",
    fact=Fact(
        says="a consent may be renewed by mail while it is alive; afterwards such a mail is unsolicited",
        source="Forbrugerombudsmanden's guide on spam, 7.4",
    ),
    example="purposes:\n  EMARKETING: {allowed: [61A], expires: P24M, renew_before: P60D}\n",
    look=look,
)
