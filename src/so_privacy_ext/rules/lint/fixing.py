"""Applies the safe changes of findings to a manifest's text."""

from __future__ import annotations

from collections.abc import Iterable

from so_privacy_ext.rules.lint.law import Edit, LintFinding


def fixed(text: str, findings: Iterable[LintFinding]) -> tuple[str, list[LintFinding]]:
    """Give the mended text and the findings that were mended.

    A finding is mended whole or not at all: not where something else stands than its edits expect, and not
    where an earlier finding has changed the place already.
    """
    lines = text.split("\n")
    taken: list[Edit] = []
    mended = []
    for finding in findings:
        fits = all(_stands(lines, one) and not _meets(one, taken) for one in finding.edits)
        if finding.edits and fits:
            taken += finding.edits
            mended.append(finding)
    for edit in sorted(taken, key=lambda one: (one.line, one.column), reverse=True):
        line, at = lines[edit.line - 1], edit.column - 1
        lines[edit.line - 1] = line[:at] + edit.new + line[at + len(edit.old) :]
    return "\n".join(lines), mended


def _stands(lines: list[str], edit: Edit) -> bool:
    return edit.line <= len(lines) and lines[edit.line - 1].startswith(edit.old, edit.column - 1)


def _meets(edit: Edit, taken: Iterable[Edit]) -> bool:
    """Tell whether two changes touch; two that insert at one place do too, since their order would matter."""
    return any(
        one.line == edit.line
        and one.column <= edit.column + len(edit.old)
        and edit.column <= one.column + len(one.old)
        for one in taken
    )
