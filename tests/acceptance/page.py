"""A page of docs/ done literally: its commands are run, its changes are made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w./]+\.[a-z]+)`[^`]*:\n\n\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between fences."""

    kind: str
    """Empty for commands."""
    text: str
    file: str
    """The last file that the line above names."""


def blocks(page: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(page):
        named = _FILE.search(page, 0, found.start())
        yield Block(found[1], found[2], named[1] if named else "")


def change(file: Path, difference: str) -> None:
    """Make a change: lines that go, that come and that stand around, as `diff` writes them."""
    lines = difference.splitlines(keepends=True)
    before = "".join(one[1:] for one in lines if one[0] in " -")
    after = "".join(one[1:] for one in lines if one[0] in " +")
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, (file, before)
    file.write_text(text.replace(before, after), encoding="utf-8")


def script(text: str) -> str:
    """Give commands as a script that ends where one goes otherwise than the page says."""
    return "".join(map(_line, text.splitlines(keepends=True)))


def _line(line: str) -> str:
    command, _, said = line.partition("  # ")
    return f"if {command}; then exit 99; fi\n" if said.strip() == "refused" else line
