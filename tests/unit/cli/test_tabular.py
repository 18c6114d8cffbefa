"""Rows as lines, which no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import json

import pytest

from so_privacy_ext.cli.tabular import Form, lines


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", " =x", "\uff1dx"])
def test_a_text_that_would_be_a_formula_stays_a_text(text: str) -> None:
    (_, line) = lines(Form.CSV, ["a"], [[text]])

    ((cell,),) = csv.reader(io.StringIO(line, newline=""))
    assert cell == f"'{text}"
    assert list(lines(Form.JSONL, ["a"], [[text]])) == [json.dumps({"a": text}, ensure_ascii=False) + "\n"]


def test_all_else_is_as_it_is() -> None:
    row = [-3, 1.5, None, True, False, "a, b", 'say "x"', "two\nlines", "a=b"]
    columns = list("abcdefghi")

    heading, line = lines(Form.CSV, columns, [row])

    assert heading == "a,b,c,d,e,f,g,h,i\r\n"
    (cells,) = csv.reader(io.StringIO(line, newline=""))
    assert cells == ["-3", "1.5", "", "true", "false", "a, b", 'say "x"', "two\nlines", "a=b"]
    (said,) = lines(Form.JSONL, columns, [row])
    assert list(json.loads(said).values()) == row
