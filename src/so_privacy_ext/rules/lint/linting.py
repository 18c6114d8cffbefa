"""Looks at a manifest by every law of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.catalogue import LAWS
from so_privacy_ext.rules.lint.law import Law, Level, LintFinding
from so_privacy_ext.rules.lint.subject import Subject

Accepted = Mapping[tuple[str, int], str]
"""Code and identity of a place → the reason for which the rule around it accepts what is found there."""


def lint(subject: Subject, laws: Sequence[Law] = LAWS) -> Sequence[LintFinding]:
    """Give all findings in the order of the file."""
    accepted = _accepted_by_rules(subject)
    findings = dict.fromkeys(one for law in laws for one in _by(law, subject, accepted))
    return sorted(findings, key=lambda one: (one.line, one.column, one.code, one.what))


def judge(subject: Subject) -> Sequence[LintFinding]:
    """Give what is below an error; raises `ManifestInvalid` with all errors if there is one."""
    findings = lint(subject)
    errors = [one for one in findings if one.level is Level.ERROR]
    if errors:
        raise ManifestInvalid(subject.manifest.filename, errors)
    return findings


def _by(law: Law, subject: Subject, accepted: Accepted) -> Iterable[LintFinding]:
    as_a_whole = subject.manifest.content.accepted.get(law.code, "")
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
            accepted="" if level is Level.ERROR else accepted.get((law.code, id(found.at)), as_a_whole),
        )


def _accepted_by_rules(subject: Subject) -> Accepted:
    """Give the reasons of rules; the manifest as a whole may have one for any other finding."""
    found: dict[tuple[str, int], str] = {}
    for rule in subject.rules():
        for code, reason in rule.rule.accepted.items():
            for node in rule.node.below():
                found.setdefault((code, id(node)), reason)
    return found
