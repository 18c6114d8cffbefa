"""What plugins may ask for: events of SuperOffice's catalogue, and operations of it that only read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.plugins.described import Description
from so_privacy_ext.webhooks.events import EVENTS, OtherEvent, model_of

READABLE = (
    "Archive.GetArchiveListByColumns2",
    "List.GetBusinesses",
    "List.GetCategories",
    "List.GetConsentPurposes",
    "List.GetConsentSources",
    "List.GetLegalBases",
    "List.GetPositions",
    "MDO.GetList",
)
"""Operations that a plugin may have called; none writes, and none is about webhooks or who we are."""
_OURS = ("webhook.", "test")
"""What SuperOffice tells us of our own webhooks."""


def refuse_unknown(description: Description) -> None:
    """Refuse a plugin that asks for what nobody can give; with all mistakes and what is nearest."""
    wrong = [*_wrong_events(description.events), *_wrong_operations(description.operations)]
    if wrong:
        raise Refused("plugin_declaration", "; ".join(wrong), "mend its declaration", Exit.BAD_DATA)


def _wrong_events(names: Sequence[str]) -> Iterator[str]:
    known = sorted(name for name in EVENTS if "{" not in name and not name.startswith(_OURS))
    for name in names:
        if model_of(name) is OtherEvent or name.startswith(_OURS):
            yield f"SuperOffice has no event `{name}`; {_near(name, known)}"


def _wrong_operations(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if name not in READABLE:
            yield f"no plugin may call `{name}`; {_near(name, READABLE)}"


def _near(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=3) or known
    return f"the nearest are {', '.join(f'`{one}`' for one in near[:8])}"
