"""Prints what is wrong with a manifest, for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from so_privacy_ext.cli.terminal import visible
from so_privacy_ext.rules.findings import Finding
from so_privacy_ext.rules.lint.law import Level, LintFinding

_NAMES = {Level.ERROR: "", Level.WARNING: " warning", Level.NOTE: " note"}


def tell_findings(file: str, findings: Iterable[Finding], *, left_out: int = 0) -> None:
    """Print each finding with its place, and below it what the law says; errors go to standard error."""
    for one in findings:
        lint = one if isinstance(one, LintFinding) else None
        level = lint.level if lint else Level.ERROR
        stream = sys.stderr if level is Level.ERROR else sys.stdout
        line = f"{file}:{one.line}:{one.column}: {one.code}{_NAMES[level]}: {one.what}; {one.how}"
        print(visible(line), file=stream)
        if lint and lint.accepted:
            print(visible(f"    accepted: {lint.accepted}"), file=stream)
        elif lint and lint.fact:
            print(visible(f"    {lint.fact}"), file=stream)
    if left_out:
        print(visible(f"{file}: {left_out} more findings are not shown"), file=sys.stderr)


def counted(findings: Sequence[LintFinding]) -> str:
    """Count warnings and notes in words; empty where there are none."""
    parts = []
    for level, word in ((Level.WARNING, "warning"), (Level.NOTE, "note")):
        of_level = [one for one in findings if one.level is level]
        accepted = sum(bool(one.accepted) for one in of_level)
        if of_level:
            besides = f" ({accepted} accepted)" if accepted else ""
            parts.append(f"{len(of_level)} {word}{'s' if len(of_level) != 1 else ''}{besides}")
    return " and ".join(parts)
