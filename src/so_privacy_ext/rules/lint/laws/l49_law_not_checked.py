"""L49: law that nobody has read for a while, and countries of whose law we know nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.law import Line
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject

MOST_DAYS = 366


def look(subject: Subject) -> Iterator[Found]:
    """Look at the lines of each country's pack."""
    for country, node, law in subject.laws():
        if law is None:
            what = f"we have no pack for {shown(country)}, so nothing of its own law is checked"
            yield Found(node, what, "have counsel look; a pack is a file of a page")
            continue
        doubtful = [name for name, line in law.lines.items() if not _is_fresh(line, subject.today)]
        if doubtful:
            what = f"of the law of {law.name} nobody has read lately: {', '.join(doubtful)}"
            how = "have counsel confirm it, then set `checked_on` and `confidence` in its pack"
            yield Found(node, what, how, level=Level.NOTE)


def _is_fresh(line: Line, today: date) -> bool:
    checked = line.fact.checked_on
    if line.fact.confidence == "unverified" or checked is None:
        return False
    return (today - date.fromisoformat(checked)).days <= MOST_DAYS


LAW = Law(
    code="L49",
    level=Level.WARNING,
    title="a line of a country's pack is unverified, or was last read more than a year ago",
    fact=Fact(
        says="a law that is checked by what somebody believed is checked by belief",
        source="this product, `confidence` and `checked_on` of each line",
    ),
    example='jurisdiction: {home: DK, packs: [DK, "NO", SE, FI, DE]}\n',
    look=look,
)
