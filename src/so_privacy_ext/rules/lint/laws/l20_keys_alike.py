"""L20: keys that differ only in capitals."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.rules.findings import shown
from so_privacy_ext.rules.lint.law import Fact, Found, Law, Level
from so_privacy_ext.rules.lint.subject import Subject


def look(subject: Subject) -> Iterator[Found]:
    """Compare the keys of each list, and those that are new with what the CRM calls its own."""
    for kind in ("sources", "purposes", "mails"):
        part = subject.manifest.root.get(kind)
        seen: dict[str, str] = {}
        for name, key, _ in part.items() if part is not None else ():
            first = seen.setdefault(name.casefold(), name)
            if first != name:
                what = f"{shown(name)} differs from {shown(first)} only in capitals"
                yield Found(
                    key, what, "one of them is a slip; give it the other's spelling, or a name of its own"
                )


LAW = Law(
    code="L20",
    level=Level.ERROR,
    title="two keys differ only in capitals",
    fact=Fact(
        says="keys are letters and digits; people who read a list don't see two keys in these, nor does"
        " every client",
        source="SuperOffice on privacy lists; what else is in a key the reader refuses as `wrong_key`",
    ),
    example="sources:\n  CARD: {new: true, name: Business card, type: manual, article: 13}\n",
    look=look,
)
