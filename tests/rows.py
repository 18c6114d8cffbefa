"""Show each row of rows.csv with the tests that carry its id, or `open`."""

import contextlib
import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / "tests" / "rows.csv"


class CollectionError(Exception):
    """The tests could not be collected, so nothing can be said about any row."""


class Marks:
    """Note, while pytest collects, which test carries which row."""

    def __init__(self) -> None:
        self.by_row: dict[str, list[str]] = {}
        self.malformed: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for mark in item.iter_markers("row"):
                if mark.kwargs or not mark.args or not all(isinstance(arg, str) for arg in mark.args):
                    self.malformed.append(item.nodeid)
                for row in (arg for arg in mark.args if isinstance(arg, str)):
                    self.by_row.setdefault(row, []).append(item.nodeid)


def read(path: Path) -> dict[str, str]:
    """Read the rows, refusing one without words or with an id that is already there."""
    rows: dict[str, str] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for entry in csv.DictReader(file, strict=True):
            row, words = entry["id"], entry["row"]
            if row in rows or not row or not words:
                raise ValueError(f"{path.name}: row {row!r} is given twice or says nothing")
            rows[row] = words
    return rows


def collect(folder: Path, *options: str) -> Marks:
    """Let pytest find the tests below a folder without running any."""
    marks, said = Marks(), io.StringIO()
    quiet = ["--collect-only", "-qq", "--no-header", "-p", "no:cacheprovider", *options]
    with contextlib.redirect_stdout(said):
        status = pytest.main([*quiet, str(folder)], plugins=[marks])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        raise CollectionError(said.getvalue())
    return marks


def functions(tests: Sequence[str]) -> list[tuple[str, int]]:
    """Name each test function once, shortened to what a reader needs, with the number of its cases."""
    cases: dict[str, int] = {}
    for test in tests:
        name = test.split("[", 1)[0].removeprefix("tests/")
        cases[name] = cases.get(name, 0) + 1
    return list(cases.items())


def table(rows: Mapping[str, str], tests: Mapping[str, Sequence[str]]) -> Table:
    """Lay out each row with its tests."""
    shown = Table(show_lines=True, header_style="bold", border_style="dim", expand=True)
    shown.add_column("row", no_wrap=True, style="bold")
    shown.add_column("what is done and what must hold", ratio=5)
    shown.add_column("tests", ratio=5, overflow="fold")
    for row, words in rows.items():
        carried = Text("\n").join(
            Text.assemble((name, "green"), (f" ({count} cases)" if count > 1 else "", "dim"))
            for name, count in functions(tests.get(row, []))
        )
        shown.add_row(row, Text(words), carried or Text("open", "bold red"))
    return shown


def problems(rows: Mapping[str, str], marks: Marks) -> list[str]:
    """Name what is wrong with the marks, an id that no row has first."""
    unknown = [
        f"{test} carries {row}, which tests/rows.csv does not have"
        for row, tests in marks.by_row.items()
        if row not in rows
        for test in tests
    ]
    return unknown + [f'{test}: a row mark takes ids only, as in row("F17")' for test in marks.malformed]


def show(rows: Mapping[str, str], marks: Marks, console: Console) -> int:
    """Print the table and the verdict; the answer is 0 only when every row has a test."""
    console.print(table(rows, marks.by_row))
    wrong = problems(rows, marks)
    for problem in wrong:
        console.print(Text(f"error: {problem}", "bold red"))
    missing = [row for row in rows if row not in marks.by_row]
    if missing:
        console.print(Text(f"open: {' '.join(missing)}", "bold red"))
    tests = {test for row, carried in marks.by_row.items() if row in rows for test in carried}
    covered = len(rows) - len(missing)
    verdict = f"{covered} of {len(rows)} rows have a test, {len(missing)} open, {len(tests)} tests"
    console.print(Text(verdict, "bold red" if missing or wrong else "bold green"))
    return 1 if missing or wrong else 0


def main() -> int:
    console = Console() if sys.stdout.isatty() else Console(width=160)
    try:
        marks = collect(ROOT / "tests", f"--rootdir={ROOT}")
    except CollectionError as reason:
        sys.stdout.write(f"{reason}\nThe tests could not be collected, see above.\n")
        return 1
    return show(read(ROWS), marks, console)


if __name__ == "__main__":
    sys.exit(main())
