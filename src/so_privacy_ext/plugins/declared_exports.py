"""Checks which rows a plugin declares to make of decisions; runs in the plugin's own process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from so_privacy_ext.extension import Export, Extension

_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,40}")
MOST = 50
"""Columns, and exports of one plugin."""


def described(exports: list[Export]) -> list[dict[str, Any]]:
    """Give exports in the form of a `Description`."""
    return [{"name": one.name, "says": _says(one), "columns": list(one.columns)} for one in exports]


def mistakes(extension: Extension) -> Iterator[tuple[str, str]]:
    """Say what is wrong and what to do about it."""
    names = [one.name for one in extension.exports]
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield f"the export `{name}` is declared twice", "give one of them another name"
    for one in extension.exports:
        if not _NAME.fullmatch(one.name):
            how = "take small letters, digits and hyphens, such as `by-rule`"
            yield f"`{one.name[:60]}` is no name of an export", how
        if not _says(one):
            yield (
                f"the export `{one.name[:60]}` has no docstring",
                "write one; it is what an administrator reads",
            )
        wrong = [column for column in one.columns if not _COLUMN.fullmatch(column)]
        if wrong or not 0 < len(set(one.columns)) == len(one.columns) <= MOST:
            what = f"the columns of the export `{one.name[:60]}` can't be told apart"
            yield what, f"name from 1 to {MOST}, each once, in small letters, digits and underscores"


def _says(export: Export) -> str:
    return " ".join((export.function.__doc__ or "").split())
