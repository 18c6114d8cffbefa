"""L28: persons who get their address later, and no sweep that finds it."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.conditions import sources
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Look for rules that tell persons who are entered by hand."""
    if subject.tenant is None or subject.is_swept():
        return
    declared = subject.manifest.content.sources
    for rule, mail in subject.tells():
        by_hand = sorted(
            one for one in sources(rule.rule.when) or () if one in declared and declared[one].type == "manual"
        )
        if by_hand:
            which = ", ".join(map(shown, by_hand))
            what = (
                f"persons of {which} often get their address later, and no sweep finds it to send"
                f" {shown(mail)}"
            )
            yield Found(rule.at("tell"), what, "see with `so-privacy doctor` why the tenant isn't swept")


LAW = Law(
    code="L28",
    level=Level.WARNING,
    title="a rule tells persons who often have no address yet, and the tenant isn't swept",
    fact=Fact(
        says="no event tells of a new e-mail address; only a sweep finds it, and we sweep every five minutes",
        source="SuperOffice, webhooks: no events for rows of phone and e-mail tables",
    ),
    example="tell: notice13   # in a tenant whose last sweep, by `so-privacy tenant show`, was today\n",
    look=look,
    needs="tenant",
)
