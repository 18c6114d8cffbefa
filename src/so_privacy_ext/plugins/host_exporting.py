"""Has a plugin's function make rows of decisions; runs in the plugin's own process."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from so_privacy_ext.extension import Extension
from so_privacy_ext.plugins.nonsense import Nonsense
from so_privacy_ext.plugins.told import decision

PER_DECISION, BESIDES = 20, 100
"""Rows at the most: for each decision, and besides."""
LONGEST_CELL = 1000
"""Characters."""


def rows_of(
    extension: Extension, name: str, decisions: Sequence[Mapping[str, Any]], settings: Any
) -> list[list[Any]]:
    """Give rows, cells in the order of the columns.

    Raises whatever the plugin raises, and `Nonsense` for what is no row.
    """
    (export,) = (one for one in extension.exports if one.name == name)
    offered = {"decisions": tuple(decision(one) for one in decisions), "settings": settings}
    given = export.function(**{one: offered[one] for one in export.asks})
    if not isinstance(given, Iterable):
        raise Nonsense("no rows")
    most = PER_DECISION * len(decisions) + BESIDES
    rows = [_row(one, export.columns) for one in islice(given, most + 1)]
    if len(rows) > most:
        raise Nonsense(f"more than {PER_DECISION} rows for each decision")
    return rows


def is_cell(value: Any) -> bool:
    """Tell whether it can stand in a row."""
    if type(value) is str:
        return len(value) <= LONGEST_CELL
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in {bool, int}


def _row(given: Any, columns: Sequence[str]) -> list[Any]:
    if not isinstance(given, Mapping):
        raise Nonsense("a row that is no mapping by column")
    if not given.keys() <= set(columns):
        raise Nonsense("a column that it did not declare")
    if not all(is_cell(one) for one in given.values()):
        raise Nonsense("a cell that is no short text, number, true, false or None")
    return [given.get(column) for column in columns]
