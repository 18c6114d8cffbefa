"""Shows how one text became another: lines that went and came, with a few around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from so_privacy_ext.web.visible import visible

_AROUND = 3


@dataclass(frozen=True, slots=True)
class Changed:
    """A line of the comparison; after a gap, lines that are the same have been left out before it."""

    kind: str
    """`came`, `went` or `same`."""
    text: str
    number: int
    """In the new text, or in the old one for a line that went; from 1."""
    gap: bool = False


def changes(old: str, new: str) -> Iterator[Changed]:
    """Give what differs between two texts, nothing where they are the same."""
    before, after = old.splitlines(), new.splitlines()
    last = 0
    for group in SequenceMatcher(None, before, after).get_grouped_opcodes(_AROUND):
        gap = group[0][3] > last
        for tag, low, high, new_low, new_high in group:
            rows = [("same", after, new_low, new_high)]
            if tag != "equal":
                rows = [("went", before, low, high), ("came", after, new_low, new_high)]
            for kind, lines, begin, end in rows:
                for place in range(begin, end):
                    yield Changed(kind, visible(lines[place]), place + 1, gap)
                    gap = False
        last = group[-1][4]
