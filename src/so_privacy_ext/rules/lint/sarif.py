"""Writes findings in the form that code hosts and editors show beside the lines: SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from so_privacy_ext.rules.findings import Finding
from so_privacy_ext.rules.lint.catalogue import LAWS
from so_privacy_ext.rules.lint.law import Edit, Law, Level, LintFinding

_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}


def sarif(file: str, findings: Iterable[Finding]) -> dict[str, Any]:
    """Give one run over one file."""
    findings = list(findings)
    others = sorted({one.code for one in findings} - {law.code for law in LAWS})  # of the form, of plugins
    rules = [*(_rule(law) for law in LAWS), *({"id": code} for code in others)]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "so-privacy manifest check", "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(file, one) for one in findings],
            }
        ],
    }


def _rule(law: Law) -> dict[str, Any]:
    return {
        "id": law.code,
        "shortDescription": {"text": law.title},
        "fullDescription": {"text": str(law.fact)},
        "help": {"text": f"Right is, for example:\n{law.example}"},
        "defaultConfiguration": {"level": _LEVELS[law.level]},
    }


def _result(file: str, finding: Finding) -> dict[str, Any]:
    lint = finding if isinstance(finding, LintFinding) else None
    result = {
        "ruleId": finding.code,
        "level": _LEVELS[lint.level if lint else Level.ERROR],
        "message": {"text": f"{finding.what}; {finding.how}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": file},
                    "region": {"startLine": finding.line, "startColumn": finding.column},
                }
            }
        ],
    }
    if lint and lint.edits:
        change = {
            "artifactLocation": {"uri": file},
            "replacements": [_replacement(one) for one in lint.edits],
        }
        result["fixes"] = [{"description": {"text": finding.how}, "artifactChanges": [change]}]
    return result


def _replacement(edit: Edit) -> dict[str, Any]:
    return {
        "deletedRegion": {
            "startLine": edit.line,
            "startColumn": edit.column,
            "endColumn": edit.column + len(edit.old),
        },
        "insertedContent": {"text": edit.new},
    }
