"""Strings that must turn up nowhere, and every place in which they are looked for."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psycopg

SHAPES = {
    "a ticket": re.compile(rb"7T:[\w-]{20}", re.ASCII),
    "a signed token": re.compile(rb"eyJ[\w-]{20}", re.ASCII),
}
"""Secrets that the login service makes up as it goes."""


@dataclass(slots=True)
class Canaries:
    """What is planted, by name; `found` tells which of it is in some bytes."""

    planted: dict[str, str] = field(default_factory=dict)

    def plant(self, name: str, text: str) -> str:
        assert len(text) >= 12, "too short to be found by nothing but itself"
        self.planted[name] = text
        return text

    def found(self, content: bytes) -> list[str]:
        """Name what the bytes hold as it is, in hex or in base64, and secrets by their shape."""
        lower = content.lower()
        names = [
            name
            for name, text in self.planted.items()
            if any(form in content for form in _forms(text)) or text.encode().hex().encode() in lower
        ]
        return names + [name for name, shape in SHAPES.items() if shape.search(content)]

    def search(self, places: Iterable[tuple[str, bytes]]) -> list[str]:
        return [f"{name} in {place}" for place, content in places for name in self.found(content)]


def _forms(text: str) -> Iterator[bytes]:
    raw = text.encode()
    yield raw
    for before in range(3):  # base64 of a longer text begins at any of three places
        whole = base64.b64encode(bytes(before) + raw).rstrip(b"=")
        yield whole[before + 1 : -2] if before else whole[:-2]


def rows(dsn: str) -> Iterator[tuple[str, bytes]]:
    """Give every row of every table as its owner sees it, past the wall between tenants."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (table,) in tables:
            for (row,) in connection.execute(f"SELECT row_to_json(t)::text FROM {table} t".encode()):
                yield table, row.encode()


def files(folder: Path, *, but: Iterable[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Give every file below a folder; one that goes away meanwhile held nothing that stays."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in but:
            try:
                yield str(path.relative_to(folder)), path.read_bytes()
            except FileNotFoundError:
                continue


class CommandLines:
    """Notes what every process of this machine was called with, over and over."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:
                    continue


def settings(path: Path) -> Mapping[str, str]:
    """Read what `so-sandbox up` wrote for a client."""
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {name: value.strip("'") for name, value in pairs}
