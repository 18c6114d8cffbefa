"""Prints answers: a table or lines for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from so_privacy_ext.cli.terminal import visible

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
TenantName = Annotated[
    str | None,
    typer.Option("--tenant", help="The tenant's name, such as Cust12345; may be left out if there is one."),
]

LARGEST_PERSON = 2**31 - 1
"""SuperOffice counts persons by whole numbers of 32 bits."""
LARGEST_ROW = 2**63 - 1
"""We count what we keep by whole numbers of 64 bits."""
_WIDE = 240
"""Columns of a table that goes into a pipe."""


def print_json(answer: object) -> None:
    """Print one JSON document."""
    for line in json.dumps(plain(answer), ensure_ascii=False, indent=2).split("\n"):
        print(visible(line))


def print_table(rows: Sequence[Any], columns: Mapping[str, str], *, empty: str) -> None:
    """Print rows under headings; without rows, the sentence that says so."""
    if not rows:
        print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in columns.values():
        table.add_column(heading, overflow="fold")
    for row in map(fields_of, rows):
        table.add_row(*(Text(shown(row.get(key))) for key in columns))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def print_fields(answer: Any) -> None:
    """Print one thing, a line for each of its fields."""
    fields = fields_of(answer)
    width = max(len(key) for key in fields) + 1
    for key, value in fields.items():
        print(f"{key.replace('_', ' '):{width}} {shown(value)}")


def say(line: str) -> None:
    """Print a line that may quote what others wrote."""
    print(visible(line))


def shown(value: object) -> str:
    """Give a value as a cell or field shows it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    simple = plain(value)
    if simple is None or simple in ([], {}):
        return "-"
    text = json.dumps(simple, ensure_ascii=False) if isinstance(simple, (list, dict)) else str(simple)
    return visible(text)


def plain(value: object) -> Any:
    """Turn nouns into what JSON can say."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value


def fields_of(answer: Any) -> dict[str, Any]:
    """Give a noun's fields by name."""
    return dict(answer) if isinstance(answer, Mapping) else asdict(answer)
