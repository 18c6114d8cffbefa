"""Looks at a manifest by every law of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.catalogue import LAWS
from so_privacy_ext.rules.lint.law import Law, Level, LintFinding
from so_privacy_ext.rules.lint.subject import Subject


def lint(subject: Subject, laws: Sequence[Law] = LAWS) -> Sequence[LintFinding]:
    """Give all findings in the order of the file."""
    findings = dict.fromkeys(one for law in laws for one in _by(law, subject))
    return sorted(findings, key=lambda one: (one.line, one.column, one.code, one.what))


def judge(subject: Subject) -> Sequence[LintFinding]:
    """Give what is below an error; raises `ManifestInvalid` with all errors if there is one."""
    findings = lint(subject)
    errors = [one for one in findings if one.level is Level.ERROR]
    if errors:
        raise ManifestInvalid(subject.manifest.filename, errors)
    return findings


def _by(law: Law, subject: Subject) -> Iterable[LintFinding]:
    for found in law.look(subject):
        yield LintFinding(
            found.at.line,
            found.at.column,
            law.code,
            found.at.of_origin(found.what),
            found.how,
            level=found.level or law.level,
            fact=found.fact or law.fact,
            example=law.example,
            edits=() if found.at.origin else found.edits,
        )
