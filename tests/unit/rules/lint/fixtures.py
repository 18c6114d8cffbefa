"""Small manifests that keep or break one law: what a file leaves out is as in base.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent / "fixtures"
_SECTION = re.compile(r"^([a-z_]+):.*\n(?:(?![a-z_]+:).*\n)*", re.MULTILINE)


def written(path: Path) -> str:
    """Give the whole manifest of a fixture."""
    sections = _sections(FOLDER / "base.yaml") | _sections(path)
    return "".join(sections.values())


def marked(text: str, code: str) -> list[int]:
    """Give the lines that end with a comment of this code."""
    lines = enumerate(text.splitlines(), 1)
    return [number for number, line in lines if code in line.partition(" # ")[2].split()]


def fixtures(code: str, kind: str) -> Iterator[Path]:
    """Give the fixtures of a law: `good`, or `bad`."""
    yield from sorted((FOLDER / code).glob(f"{kind}*.yaml"))


def _sections(path: Path) -> dict[str, str]:
    return {found[1]: found[0] for found in _SECTION.finditer(path.read_text(encoding="utf-8"))}
