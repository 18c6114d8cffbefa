"""A manifest's text as it is posted, and shown with what was found beside its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from so_privacy_ext.errors import Rejected
from so_privacy_ext.rules.findings import Finding
from so_privacy_ext.rules.lint.law import LintFinding
from so_privacy_ext.web.console.visit import Visit
from so_privacy_ext.web.visible import visible

FILENAME = "manifest.yaml"
_WHOLE = 400
"""Lines up to which a text is shown whole; of a longer one, what stands around its findings."""
_AROUND = 3
_SPARE = 12
"""Lines that an editor has below the text."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a manifest with what is wrong in it; after a gap, lines have been left out before it."""

    number: int
    text: str
    findings: tuple[Finding, ...]
    gap: bool


@dataclass(frozen=True, slots=True)
class Editor:
    """A text to be changed on the page, which numbers its lines."""

    text: str
    rows: int


def lines(text: str, findings: Sequence[Finding]) -> Iterator[Line]:
    """Give the lines of a text, each with what is wrong in it."""
    everything = text.split("\n")
    by_line: dict[int, list[Finding]] = {}
    for one in findings:
        by_line.setdefault(min(max(one.line, 1), len(everything)), []).append(one)
    last = 0
    for number, line in enumerate(everything, 1):
        if len(everything) <= _WHOLE or any(abs(number - one) <= _AROUND for one in by_line):
            yield Line(number, visible(line), tuple(by_line.get(number, ())), gap=number > last + 1)
            last = number


def given(visit: Visit) -> bytes:
    """Take the file or the form's text, whose lines a browser ends with CR LF; without either, nothing."""
    upload = visit.posted.files.get("file", b"")
    text = visit.posted.fields.get("text", "")
    if upload and text:
        raise Rejected("file_or_text", 422)
    return upload or text.replace("\r\n", "\n").encode("utf-8", "replace")


def editor(text: str) -> Editor:
    """Give a text to an editor that is high enough for it and a little more."""
    return Editor(text, text.count("\n") + _SPARE)


def level(finding: Finding) -> str:
    """Tell how bad a finding is: `E`, `W` or `I`; what isn't a law's can't be used at all."""
    return finding.level.value if isinstance(finding, LintFinding) else "E"
