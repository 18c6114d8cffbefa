"""The tests that docs/testing.md shows, as they stand there."""

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[3] / "docs" / "testing.md"
SHOWN: dict[str, Any] = {}
TEXT = PAGE.read_text(encoding="utf-8")
for block in re.finditer(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL):
    above = "\n" * TEXT.count("\n", 0, block.start(1))  # so that a failure names the page's own line
    exec(compile(above + block[1], str(PAGE), "exec"), SHOWN)
globals().update({name: one for name, one in SHOWN.items() if name.startswith("test_")})


def test_the_page_shows_some() -> None:
    assert len([name for name in SHOWN if name.startswith("test_")]) >= 5
