from __future__ import annotations

from pathlib import Path

import pytest

from tests import run


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
    assert "--ignore=tests/browser" in run.command(tmp_path / "report.xml", browser=False)
    assert "apt-get install chromium" in run.NO_BROWSER


def test_a_browser_brings_its_tests_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tmp_path / "chromium"
    found.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert run.chromium() == str(found)
    assert "--ignore=tests/browser" not in run.command(tmp_path / "report.xml", browser=True)


def test_what_could_not_be_set_up_failed(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite tests="9" failures="2" errors="1" skipped="3"/></testsuites>',
        encoding="utf-8",
    )

    assert run.counts(report) == (3, 3, 3)
