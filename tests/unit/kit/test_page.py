"""The tests that docs/testing.md shows, as they stand there."""

import re
from pathlib import Path
from typing import Any

from so_privacy_kit import Player
from so_sandbox.scenarios.shape import VERBS, WORDS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "testing.md"
SHOWN: dict[str, Any] = {}
TEXT = PAGE.read_text(encoding="utf-8")
for block in re.finditer(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL):
    above = "\n" * TEXT.count("\n", 0, block.start(1))  # so that a failure names the page's own line
    exec(compile(above + block[1], str(PAGE), "exec"), SHOWN)
globals().update({name: one for name, one in SHOWN.items() if name.startswith("test_")})


def test_the_scenario_of_the_page_comes_out_as_it_says(scenario: Player, tmp_path: Path) -> None:
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "mine.yaml").write_text(shown, encoding="utf-8")

    assert list(scenario(tmp_path / "mine.yaml")) == ["anna"]


def test_every_step_is_explained() -> None:
    rows = re.search(r"^\| step \|.*?\n\n", TEXT, re.MULTILINE | re.DOTALL)

    assert rows is not None
    assert set(re.findall(r"`([a-z_]+)(?::[^`]*)?`", rows[0])) >= {*VERBS, *WORDS}


def test_the_page_shows_some() -> None:
    assert len([name for name in SHOWN if name.startswith("test_")]) >= 5
