from __future__ import annotations

from pathlib import Path

import pytest

from tests import run
from tests.foreign import needed


def test_the_vendor_check_runs_with_a_folder(tmp_path: Path) -> None:
    assert run.vendor_line(str(tmp_path)) == (
        True,
        f"VENDOR CHECK RUNS: every envelope is judged by the vendor's schemas in {tmp_path}",
    )


@pytest.mark.parametrize(
    ("folder", "why"), [(None, "is not set"), ("", "is not set"), ("/none", "no folder")]
)
def test_without_a_folder_it_says_what_is_compared_instead(folder: str | None, why: str) -> None:
    runs, line = run.vendor_line(folder)

    assert not runs
    assert line.startswith("VENDOR CHECK DOES NOT RUN")
    assert why in line
    assert "fingerprint" in line


def test_no_browser_leaves_its_tests_out_and_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert run.chromium() is None
    assert "--ignore=tests/browser" in run.command(tmp_path / "report.xml", left_out=run.prepared({})[0])
    assert "apt-get install chromium" in run.NO_BROWSER


def test_a_browser_brings_its_tests_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tmp_path / "chromium"
    found.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert run.chromium() == str(found)
    assert "--ignore=tests/browser" not in run.command(tmp_path / "report.xml", left_out=run.prepared({})[0])


def program(folder: Path, name: str, *, says: str, status: int = 0) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def vendor(tmp_path: Path) -> dict[str, str]:
    for name in needed.WSDLS:
        (tmp_path / f"{name}.xml").touch()
    return {needed.VENDOR: str(tmp_path)}


@pytest.mark.parametrize(
    ("programs", "why"),
    [
        ({}, "node and npm were not both found"),
        ({"node": "v24.1.0"}, "node and npm were not both found"),
        ({"node": "v18.20.4", "npm": "1.13.0"}, "node 18.20.4 is older than 20.19"),
        ({"node": "v9.0.0", "npm": "1.13.0"}, "node 9.0.0 is older than 20.19"),
        ({"node": "v20.19.0", "npm": ""}, "no registry gives npm the package soap"),
    ],
)
def test_a_foreign_client_that_cannot_run_is_left_out_loudly(
    programs: dict[str, str],
    why: str,
    tmp_path: Path,
    vendor: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, says in programs.items():
        program(tmp_path, name, says=says, status=0 if says else 1)

    left_out, loud = run.prepared(vendor)

    assert "tests/foreign" in left_out
    assert any(
        line.plain.startswith(f"FOREIGN CLIENT TESTS CANNOT RUN: {why}") and line.style == run.LOUD
        for line in loud
    )


@pytest.mark.parametrize("folder", [None, "", "/none", "/"])
def test_no_wsdls_of_the_vendor_leave_the_foreign_client_out(
    folder: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "node", says="v22.0.0")
    program(tmp_path, "npm", says="1.13.0")

    left_out, loud = run.prepared({} if folder is None else {needed.VENDOR: folder})

    assert "tests/foreign" in left_out
    assert any("SO_VENDOR_WSDL_DIR names no folder with the vendor's WSDLs" in line.plain for line in loud)


def test_node_npm_and_the_vendors_wsdls_bring_the_foreign_client_in(
    tmp_path: Path, vendor: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "node", says="v22.0.0")
    program(tmp_path, "npm", says="1.13.0")

    assert "tests/foreign" not in run.prepared(vendor)[0]


def test_what_could_not_be_set_up_failed(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite tests="9" failures="2" errors="1" skipped="3"/></testsuites>',
        encoding="utf-8",
    )

    assert run.counts(report) == (3, 3, 3)
