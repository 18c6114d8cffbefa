from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from tests import rows

CITED = [
    *(f"F{n:02d}" for n in (*range(1, 6), *range(10, 15), *range(17, 23), *range(26, 34), 36)),
    *(f"F{n:02d}" for n in (*range(48, 56), *range(58, 61), *range(63, 74))),
    *(f"B{n:02d}" for n in (*range(1, 45), *range(67, 75))),
]
CITED_SECOND = {
    *(f"F{n:02d}" for n in (15, 16, *range(23, 26), 34, 35, *range(37, 48), 61, *range(74, 78))),
    *(f"F{n:02d}" for n in range(79, 83)),
    *(f"B{n:02d}" for n in (*range(45, 67), 75, *range(87, 91), *range(92, 110), 111)),
    *(f"C{n:02d}" for n in (8, 9, 10, 23, 29, 30, 33)),
}
"""Rows of a tenant's life; each comes with its first test."""
CITED_THIRD = {"F56", "F57", "F62", "F78", *(f"B{n}" for n in (*range(76, 85), 86, 91, 110))}
"""Rows of rules and plans; each comes with its first test."""
TESTS = """
import pytest

@pytest.mark.row("F01")
@pytest.mark.row("F02")
def test_two_rows():
    raise AssertionError("collecting runs nothing")

@pytest.mark.parametrize("case", [1, 2])
@pytest.mark.row("F02", "F03")
def test_two_cases(case):
    raise AssertionError

@pytest.mark.row("F01", reason="none")
def test_more_than_an_id():
    raise AssertionError
"""


def collected(folder: Path, name: str, text: str) -> rows.Marks:
    """Collect a file; Python keeps what it imported, so each test takes a name of its own."""
    (folder / name).write_text(text, encoding="utf-8")
    return rows.collect(folder, "-c", str(rows.ROOT / "pyproject.toml"), f"--rootdir={folder}")


def shown(of: dict[str, str], tests: dict[str, list[str]]) -> tuple[int, str]:
    marks, screen = rows.Marks(), io.StringIO()
    marks.by_row = tests
    status = rows.show(of, marks, Console(file=screen, width=120))
    return status, screen.getvalue()


def test_the_list_holds_what_is_promised_and_says_each_in_a_line() -> None:
    read = rows.read(rows.ROWS)

    order = sorted(read, key=lambda row: ("FBC".index(row[0]), int(row[1:])))
    assert list(read) == order
    assert set(CITED) <= set(read) <= CITED_SECOND.union(CITED_THIRD, CITED)
    assert all(re.fullmatch(r"[A-Z/].{30,298}\.", words) for words in read.values())
    assert len(set(read.values())) == len(read)


@pytest.mark.parametrize("line", ["F01,once more", "F02,", ",no id"])
def test_a_row_given_twice_or_without_words_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"id,row\nF01,something holds\n{line}\n", encoding="utf-8")

    with pytest.raises(ValueError, match=r"rows\.csv"):
        rows.read(path)


def test_collecting_finds_every_id_and_runs_nothing(tmp_path: Path) -> None:
    marks = collected(tmp_path, "test_some.py", TESTS)

    assert marks.by_row == {
        "F01": ["test_some.py::test_two_rows", "test_some.py::test_more_than_an_id"],
        "F02": [
            "test_some.py::test_two_rows",
            "test_some.py::test_two_cases[1]",
            "test_some.py::test_two_cases[2]",
        ],
        "F03": ["test_some.py::test_two_cases[1]", "test_some.py::test_two_cases[2]"],
    }
    assert marks.malformed == ["test_some.py::test_more_than_an_id"]


def test_tests_that_cannot_be_collected_are_no_answer(tmp_path: Path) -> None:
    with pytest.raises(rows.CollectionError, match="no_such_module"):
        collected(tmp_path, "test_broken.py", "import no_such_module\n")


def test_no_tests_at_all_leave_every_row_open(tmp_path: Path) -> None:
    assert collected(tmp_path, "test_none.py", "").by_row == {}


def test_every_row_with_a_test_is_a_yes() -> None:
    status, text = shown({"F01": "holds"}, {"F01": ["tests/a.py::test_x[1]", "tests/a.py::test_x[2]"]})

    assert status == 0
    assert "a.py::test_x (2 cases)" in text
    assert text.endswith("1 of 1 rows have a test, 0 open, 2 tests\n")


def test_an_open_row_is_a_no() -> None:
    status, text = shown({"F01": "holds", "F02": "too"}, {"F01": ["tests/a.py::test_x"]})

    assert status == 1
    assert "open: F02\n" in text
    assert text.endswith("1 of 2 rows have a test, 1 open, 1 tests\n")


def test_an_id_that_no_row_has_is_an_error_with_its_test() -> None:
    status, text = shown({"F01": "holds"}, {"F01": ["a::test_x"], "F99": ["a::test_y"]})

    assert status == 1
    assert "error: a::test_y carries F99" in text


def test_brackets_in_words_are_no_markup() -> None:
    assert "[bold]" in shown({"F01": "[bold] holds"}, {"F01": ["a::test_x"]})[1]
