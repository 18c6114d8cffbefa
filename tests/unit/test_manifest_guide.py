"""docs/manifest.md names what there is, in the words of the code."""

from __future__ import annotations

from pathlib import Path

from so_privacy_ext.rules.shape import ManifestShape
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "manifest.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Give the cells of the first table below a heading."""
    below = GUIDE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0].splitlines()
    lines = [line for line in below if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_condition_is_explained_in_its_own_words() -> None:
    explained = {word.strip("`"): sentence for word, sentence in rows("Conditions")}

    assert explained == {word.word: (word.__doc__ or "").splitlines()[0] for word in PRODUCT_WORDS}


def test_every_key_is_explained() -> None:
    assert [cells[0].strip("`") for cells in rows("What it holds")] == list(ManifestShape.model_fields)
