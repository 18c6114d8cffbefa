from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import coverage
import pytest
from rich.console import Console

from tests import covered

ROOT = Path(__file__).resolve().parents[2]
PRESENT = [f"{covered.PRODUCT}/{room}/one.py" for room in covered.CORE]
WHOLE = covered.Measured(10, (), ())


def test_everything_reached_leaves_nothing_to_say() -> None:
    assert covered.shortcomings(dict.fromkeys(PRESENT, WHOLE), PRESENT) == []


def test_one_branch_of_the_core_is_named() -> None:
    modules = dict.fromkeys(PRESENT, WHOLE) | {PRESENT[1]: covered.Measured(10, (), ((3, -1),))}

    assert covered.shortcomings(modules, PRESENT) == [f"{PRESENT[1]}: 3->exit"]


def test_a_branch_outside_the_core_is_let_pass() -> None:
    modules = dict.fromkeys(PRESENT, WHOLE) | {"src/so_privacy_ext/app.py": covered.Measured(5, (1,), ())}

    assert covered.shortcomings(modules, [*PRESENT, "src/so_privacy_ext/app.py"]) == []


def test_a_core_module_that_nothing_imports_is_named() -> None:
    assert covered.shortcomings(dict.fromkeys(PRESENT[1:], WHOLE), PRESENT) == [f"{PRESENT[0]}: not measured"]


def test_a_core_room_that_was_renamed_is_missed() -> None:
    found = covered.shortcomings(dict.fromkeys(PRESENT[:-1], WHOLE), PRESENT[:-1])

    assert found == ["src/so_privacy_ext/superoffice/: no such room, although it belongs to the core"]


@pytest.mark.parametrize(("missing", "said"), [(7, []), (8, ["overall 88.6 %, and 90 % is the least"])])
def test_too_little_of_all_is_said_with_the_figure(missing: int, said: list[str]) -> None:
    rest = {f"{covered.PRODUCT}/app.py": covered.Measured(10, tuple(range(missing)), ())}

    assert covered.shortcomings(dict.fromkeys(PRESENT, WHOLE) | rest, PRESENT) == said


def test_lines_in_a_row_and_their_branches_are_said_once() -> None:
    measured = covered.Measured(20, (3, 4, 5, 9), ((4, 5), (7, 9), (8, -1)))

    assert measured.missing == "3-5, 9, 7->9, 8->exit"
    assert measured.done == 13


def test_nothing_to_cover_is_covered() -> None:
    assert covered.percent([covered.Measured(0, (), ())]) == 100.0


def test_the_table_says_room_by_room_what_is_needed_and_reached() -> None:
    screen = io.StringIO()
    modules = {PRESENT[0]: covered.Measured(8, (1,), ((2, 3),)), "src/so_privacy_ext/app.py": WHOLE}

    Console(file=screen, width=80).print(covered.table(modules))

    words = [line.replace("│", " ").split() for line in screen.getvalue().splitlines()]
    assert ["webhooks", "100", "%", "75.00", "%", "2"] in words
    assert ["app.py", "100.00", "%"] in words
    assert ["all", "90", "%", "88.89", "%", "2"] in words


PROGRAM = """
import sys, time
from so_privacy_ext import errors
print("ready", flush=True)
time.sleep(float(sys.argv[1]))
"""
STARTS_IT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {PROGRAM!r}, sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
if sys.argv[1] != "0":
    child.terminate()
child.wait()
"""


@pytest.mark.parametrize("seconds", ["0", "60"])
def test_a_command_started_as_a_process_counts_even_when_told_to_end(tmp_path: Path, seconds: str) -> None:
    (tmp_path / "start.py").write_text(STARTS_IT, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
    data = tmp_path / "data"
    data.mkdir()

    subprocess.run(
        [
            *(sys.executable, "-m", "coverage", "run", f"--rcfile={ROOT / 'pyproject.toml'}"),
            *(str(tmp_path / "start.py"), seconds),
        ],
        cwd=tmp_path,
        env=environment | {"COVERAGE_FILE": str(data / ".coverage")},
        check=True,
        timeout=60,
    )

    total = coverage.CoverageData(str(tmp_path / "total"))
    for file in data.iterdir():
        part = coverage.CoverageData(str(file))
        part.read()
        total.update(part)
    assert total.lines(str(ROOT / "src/so_privacy_ext/errors.py"))
