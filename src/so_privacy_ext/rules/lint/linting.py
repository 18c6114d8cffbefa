"""Looks at a manifest by every law of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.catalogue import LAWS
from so_privacy_ext.rules.lint.law import Law, Level, LintFinding
from so_privacy_ext.rules.lint.subject import Subject
from so_privacy_ext.rules.tree import Node


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
        level = found.level or law.level
        yield LintFinding(
            found.at.line,
            found.at.column,
            law.code,
            found.at.of_origin(found.what),
            found.how,
            level=level,
            fact=found.fact or law.fact,
            example=law.example,
            edits=() if found.at.origin else found.edits,
            accepted="" if level is Level.ERROR else _accepted(subject, law.code, found.at),
        )


def _accepted(subject: Subject, code: str, at: Node) -> str:
    """Give the reason for which a finding is accepted: by its own rule, or by the manifest as a whole."""
    for rule in subject.rules():
        if code in rule.rule.accepted and any(one is at for one in rule.node.below()):
            return rule.rule.accepted[code]
    return subject.manifest.content.accepted.get(code, "")
