"""L37: a manifest that was to be looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Compare `review_by` with the day."""
    due = subject.manifest.content.review_by
    if due is not None and date.fromisoformat(due) < subject.today:
        what = f"the manifest was to be reviewed by {shown(due)}"
        yield Found(
            subject.at("review_by"), what, "look through it with whoever knows the law, then set the next day"
        )


LAW = Law(
    code="L37",
    level=Level.WARNING,
    title="`review_by` has passed",
    fact=Fact(
        says="measures are reviewed and updated where necessary",
        source="GDPR article 24(1)",
    ),
    example="review_by: 2027-11-30\n",
    look=look,
)
