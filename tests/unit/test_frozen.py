"""What partners build on stays as it is; a change of it has a line in CHANGELOG.md, and a version."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from so_privacy_ext.plugins.described import asks_for_more, read_description, words
from tests import frozen

KEPT = Path(__file__).resolve().parents[1] / "vectors" / "described"
UNRELEASED = "# Changelog\n\n## Unreleased\n\n### Added\n\n- Say it by `ext.says(…)`, of `Decision`.\n"
RELEASED = f"{UNRELEASED}\n## [0.1.0] - 2026-12-01\n\n- Take `Facts.colour`.\n"
BEFORE = ["version = '0.1.0'", "a.Facts: class()", "a.Facts.event: str", "a.Extension: class()"]


def test_all_that_partners_build_on_is_as_it_was_frozen() -> None:
    difference = frozen.difference(frozen.read(), frozen.lines())

    assert not difference, difference


@pytest.mark.parametrize("package", frozen.PACKAGES)
def test_each_frozen_name_can_be_imported(package: str) -> None:
    module = importlib.import_module(package)

    assert all(getattr(module, name) is not None for name in module.__all__)


@pytest.mark.parametrize("file", sorted(KEPT.glob("*.json")), ids=lambda file: file.stem)
def test_what_tenants_agreed_to_can_still_be_read(file: Path) -> None:
    """Descriptions are kept; a new field has a default and asks an administrator for nothing."""
    kept = json.loads(file.read_text(encoding="utf-8"))

    description = read_description(kept)

    assert [one.word for one in words(description)] == [one["word"] for one in kept["words"]]
    assert kept.items() <= description.model_dump(mode="json").items()
    assert asks_for_more(description, read_description(kept)) == ()


@pytest.mark.parametrize(
    ("now", "how"),
    [
        ([*BEFORE, "a.Extension.says(self) -> str"], "added: a.Extension.says"),
        ([*BEFORE[:2], "a.Facts.event: str | None", BEFORE[3]], "changed: a.Facts.event"),
        ([*BEFORE[:2], BEFORE[3]], "gone: a.Facts.event"),
        ([BEFORE[0], BEFORE[2], BEFORE[1], BEFORE[3]], "moved: a.Facts"),
    ],
)
def test_a_difference_is_told_with_what_is_to_be_done(now: list[str], how: str) -> None:
    told = frozen.difference(BEFORE, now).splitlines()

    assert f"  {how}" in told
    assert told[-1] == "  python -m tests.frozen"


def to_do(now: list[str], changelog: str) -> list[str]:
    return frozen.to_do(frozen.changes(BEFORE, now), BEFORE, now, changelog)


def test_a_change_is_named_in_the_changelog() -> None:
    changed = [*BEFORE, "a.Extension.says(self) -> str", "a.Extension.color: str"]

    assert to_do(changed, UNRELEASED) == [
        "name it in a line of CHANGELOG.md under Unreleased, in backticks: `color`, added"
    ]


def test_a_new_class_is_named_without_each_of_its_fields() -> None:
    assert to_do([*BEFORE, "a.Decision: class()", "a.Decision.rule: str"], UNRELEASED) == []


def test_a_constructor_is_named_by_its_class() -> None:
    changed = [*BEFORE, "a.Extension.__init__(self, name: str)"]

    assert "`Extension`, added" in to_do(changed, UNRELEASED)[0]


def test_a_line_of_an_earlier_version_names_nothing() -> None:
    assert "`colour`, added" in to_do([*BEFORE, "a.Facts.colour: str"], RELEASED)[0]


def test_after_a_release_a_change_has_a_version() -> None:
    changed = [*BEFORE, "a.Extension.says(self) -> str"]

    assert to_do(changed, RELEASED) == [
        "raise the version in pyproject.toml: 0.1.0 is released, and partners build on it"
    ]
    assert to_do(["version = '0.2.0'", *changed[1:]], RELEASED) == []
    assert to_do(["version = '0.2.0'", *BEFORE[1:]], RELEASED) == []


def test_it_is_written_only_when_nothing_is_to_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "frozen.txt"
    monkeypatch.setattr(frozen, "FILE", file)
    assert frozen.main() == 0
    assert frozen.read() == frozen.lines()

    unknown = [*frozen.read(), "so_privacy_ext.NobodyNamedThis: class()"]
    file.write_text("\n".join(unknown), encoding="utf-8")
    assert frozen.main() == 1
    assert frozen.read() == unknown
    assert "`NobodyNamedThis`, gone" in capsys.readouterr().out
