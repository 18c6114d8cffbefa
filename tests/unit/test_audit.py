from __future__ import annotations

import json
from typing import Any

import pytest

from tests import audit

CLEAN = {"name": "one", "version": "1.0", "vulns": []}
BROKEN = {"name": "two", "version": "2.0", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["2.1", "3.0"]}]}
UNFIXED = {"name": "two", "version": "2.0", "vulns": [{"id": "CVE-2026-2", "fix_versions": []}]}
UNKNOWN = {"name": "three", "skip_reason": "not found"}


def judged(*packages: dict[str, Any]) -> tuple[int, list[str]]:
    status, lines = audit.verdict(json.dumps({"dependencies": packages, "fixes": []}), "")
    return status, [line.plain for line in lines]


def test_a_clean_lock_is_said_with_its_number() -> None:
    assert judged(CLEAN, CLEAN) == (0, ["2 packages, no known vulnerability"])


def test_a_vulnerability_fails_and_says_what_mends_it() -> None:
    assert judged(CLEAN, BROKEN) == (1, ["two 2.0: CVE-2026-1, fixed in 2.1, 3.0"])
    assert judged(UNFIXED) == (1, ["two 2.0: CVE-2026-2, fixed in no version yet"])


def test_packages_that_nobody_looked_at_are_never_clean() -> None:
    assert judged(UNKNOWN) == (0, ["VULNERABILITIES NOT LOOKED UP: the service knows none of our packages"])
    assert judged(CLEAN, UNKNOWN) == (0, ["VULNERABILITIES NOT LOOKED UP for three"])
    assert judged(BROKEN, UNKNOWN)[0] == 1


@pytest.mark.parametrize("complaint", ["requests.exceptions.ConnectionError: no route", "ReadTimeout: late"])
def test_a_service_out_of_reach_is_said_and_passes(complaint: str) -> None:
    status, lines = audit.verdict("", complaint)

    assert status == 0
    assert [line.plain for line in lines] == [
        "VULNERABILITIES NOT LOOKED UP: pip-audit can't reach its service"
    ]


def test_any_other_failure_fails() -> None:
    status, lines = audit.verdict("", "ERROR: requirements.lock has no hash for one")

    assert status == 1
    assert "no hash for one" in lines[0].plain
