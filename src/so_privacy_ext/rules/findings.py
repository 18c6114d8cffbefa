"""Says what is wrong with a manifest: where, what was found, what is allowed, the nearest spelling."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from so_privacy_ext.errors import Exit, Refused

LIMIT = 50
"""So many findings are shown at once; whoever has more has another problem."""
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that must be mended before a manifest can be used."""

    line: int
    column: int
    code: str
    what: str
    how: str


class ManifestInvalid(Refused):
    """A manifest that can't be used, with all findings in the order of the file."""

    def __init__(self, filename: str, findings: Iterable[Finding]) -> None:
        everything = sorted(set(findings), key=lambda one: (one.line, one.column, one.code, one.what))
        self.filename = filename
        self.findings = tuple(everything[:LIMIT])
        self.left_out = len(everything) - len(self.findings)
        super().__init__(
            "manifest_invalid",
            f"{len(self.findings)} finding{'s' if len(self.findings) != 1 else ''}",
            "mend them and try again",
            Exit.BAD_DATA,
            where=filename,
        )

    def __str__(self) -> str:
        lines = [
            f"{self.filename}:{one.line}:{one.column}: {one.code}: {one.what}; {one.how}"
            for one in self.findings
        ]
        if self.left_out:
            lines.append(f"{self.filename}: more than {LIMIT} findings; the others are not shown")
        return "\n".join(lines)


def shown(text: str) -> str:
    """Quote a piece of the file, shortened and harmless to a terminal."""
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return "`" + "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in short) + "`"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word that was probably meant."""
    if len(word) > _LONGEST_SHOWN:
        return None
    spellings = {one.casefold(): one for one in sorted(known, reverse=True)}
    found = difflib.get_close_matches(word.casefold(), spellings, n=1, cutoff=0.6)
    return spellings[found[0]] if found else None


def advice(word: str, known: Sequence[str]) -> str:
    """Say what is allowed instead of a word that isn't, beginning with what was probably meant."""
    if not known:
        return "there is none that could stand here"
    meant = nearest(word, known)
    allowed = "allowed: " + ", ".join(sorted(known))
    return f"did you mean {shown(meant)}? {allowed}" if meant else allowed
