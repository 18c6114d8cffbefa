"""docs/data.md names every column that there is, each once, and none that holds what must not be kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data.md"
CODE = re.compile(r"`(\w+)`")
SECRETS = 4
"""The place in a row of the page where secrets stand."""
NEVER = re.compile(
    r"(first|last|full|middle)_?name|email|e_mail|phone|(^|_)address$|password|access_token|refresh_token|id_token"
    r"|ticket|birth"
)
SECRET = re.compile(r"secret|token|sealed|password|_hash$|cookie")
NO_SECRETS = {"secret_id"}


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def told() -> Sequence[tuple[list[str], list[str]]]:
    """Give what each row says: one table, or several whose columns are told together."""
    return [
        (CODE.findall(tables), [name for cell in cells for name in CODE.findall(cell)])
        for tables, _, *cells in rows()
    ]


@pytest.fixture
def columns(dsn: str) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    with psycopg.connect(dsn) as connection:
        for table, column in connection.execute(
            "SELECT table_name::text, column_name::text FROM information_schema.columns"
            " WHERE table_schema = 'so_privacy'"
        ):
            found.setdefault(table, set()).add(column)
    return found


def test_every_column_is_told_once(columns: Mapping[str, set[str]]) -> None:
    page = told()

    assert sorted(table for tables, _ in page for table in tables) == sorted(columns)
    for tables, names in page:
        assert sorted(names) == sorted(set().union(*(columns[table] for table in tables))), tables


def test_nothing_that_must_not_be_kept_has_a_column(columns: Mapping[str, set[str]]) -> None:
    assert [f"{table}.{one}" for table, names in columns.items() for one in names if NEVER.search(one)] == []


def test_what_sounds_like_a_secret_stands_among_the_secrets() -> None:
    for tables, *cells in rows():
        for place, cell in enumerate(cells, start=1):
            secret = {one for one in CODE.findall(cell) if SECRET.search(one)} - NO_SECRETS
            assert place == SECRETS or not secret, (tables, secret)


def test_tables_of_nobodys_rows_are_marked(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        policies = {
            name for (name,) in connection.execute("SELECT DISTINCT tablename::text FROM pg_policies")
        }

    marked = {name for tables, *_ in rows() if "◇" in tables for name in CODE.findall(tables)}
    every = {name for tables, *_ in rows() for name in CODE.findall(tables)}
    assert every - policies == marked
