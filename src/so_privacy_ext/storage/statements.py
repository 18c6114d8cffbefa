"""SQL in files: each statement stands under a line `-- name: …` in sql/<room>.sql."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


class Statements:
    """The named statements of one file, read when the first one is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, statement: str) -> bytes:
        return _read(self._name)[statement]


@cache
def _read(name: str) -> dict[str, bytes]:
    text = (files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    _, *blocks = text.split("-- name: ")
    found = {}
    for block in blocks:
        title, _, body = block.partition("\n")
        found[title.strip()] = body.strip().encode()
    return found
