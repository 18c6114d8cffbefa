"""Rows as lines of CSV, which no spreadsheet takes for formulas, or of JSON; one at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""With what a cell begins that a spreadsheet may run; full-width ones are read alike in some languages."""


class Form(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


def lines(form: Form, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Give lines with their ends: CSV by RFC 4180 with a heading, or a JSON object for each row."""
    if form is Form.JSONL:
        for row in rows:
            yield json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n"
        return
    yield _csv(columns)
    for row in rows:
        yield _csv([_harmless(cell) for cell in row])


def _csv(cells: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _harmless(cell: Any) -> Any:
    """Have a spreadsheet take a text for a text; numbers are no texts."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell
