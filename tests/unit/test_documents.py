"""What the documents tell a reader to type, to set and to expect is there."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer

from so_privacy_ext.cli.program import program
from so_privacy_ext.errors import Exit
from so_privacy_ext.settings import Settings
from so_sandbox.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/README.md")]
)
OPERATING = (ROOT / "docs" / "operating.md").read_text()
COMMAND = re.compile(r"(?:^|`|; )(so-(?:privacy|sandbox) [^`;#\n]+)", re.MULTILINE)
PROGRAMS = {"so-privacy": program, "so-sandbox": app}
TARGET = re.compile(r"^([a-z]+): \$\(STAMP\)|^(clean):", re.MULTILINE)


def shortcoming(line: str) -> str | None:
    """Say which word of a command line its program doesn't have."""
    name, *words = shlex.split(line.replace("…", ""))
    command = typer.main.get_command(PROGRAMS[name])
    while words and hasattr(command, "commands") and not words[0].startswith("-"):  # else it is meant itself
        word = words.pop(0)
        below = [command.commands.get(one) for one in word.split("|")]
        if None in below:
            return word
        command = below[0]
    options = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    return next(
        (word for word in words if word.startswith("--") and word.partition("=")[0] not in options), None
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_a_document_is_one(document: Path) -> None:
    lines = COMMAND.findall(document.read_text())

    assert [(line, wrong) for line in lines if (wrong := shortcoming(line)) is not None] == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("so-privacy tenant add Cust1 --environment online --system-user-token-file f", None),
        ("so-privacy review list|show|settle", None),
        ("so-privacy review list|shew", "list|shew"),
        ("so-privacy tenant ad", "ad"),
        ("so-privacy journal --limit 3", None),
        ("so-privacy journal --lines 3", "--lines"),
        ("so-privacy review --limit 3", "--limit"),
        ("so-sandbox up --keep --port=7", None),
        ("so-sandbox up --kept", "--kept"),
        ("so-privacy --version", None),
    ],
)
def test_what_is_no_command_is_found(line: str, wrong: str | None) -> None:
    assert shortcoming(line) == wrong


def test_every_make_target_in_a_document_is_one() -> None:
    targets = {name for pair in TARGET.findall((ROOT / "Makefile").read_text()) for name in pair if name}
    named = {
        name
        for path in DOCUMENTS
        for name in re.findall(r"(?:^|`)make ([a-z]+)", path.read_text(), re.MULTILINE)
    }

    assert named <= targets
    assert {"demo", "test", "up"} <= named


def test_every_setting_is_explained() -> None:
    table = re.findall(r"^\| `([A-Z_]+)` \|.*\|\s*([^|]*?)\s*\|$", OPERATING, re.MULTILINE)
    fields = Settings.model_fields
    names = [str(field.validation_alias or f"SO_PRIVACY_{name.upper()}") for name, field in fields.items()]

    assert sorted(name for name, _ in table) == sorted(names)
    plain = {name: field.default for name, field in zip(names, fields.values(), strict=True)}
    told = {name: default.strip("`") for name, default in table}
    assert {name: told[name] for name, default in plain.items() if default} == {
        name: str(default) for name, default in plain.items() if default
    }


def test_every_exit_code_is_explained() -> None:
    told = OPERATING.partition("## Exit codes")[2].partition("\n## ")[0]

    assert {int(code) for code in re.findall(r"(?:^|· )(\d+) ", told, re.MULTILINE)} == {*Exit}


def test_the_house_is_built_as_the_readme_says() -> None:
    """Room by room, the top floor first; rooms on one floor in any order."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (floors,) = (one["layers"] for one in contracts if one["type"] == "layers")
    built = [{room for room in floor.split(" | ") if not room.startswith("(")} for floor in floors]
    rows = re.findall(r"^\| \d\S* \|([^|]*)\|", (ROOT / "README.md").read_text(), re.MULTILINE)
    told = [room.removesuffix(".py").rstrip("/") for row in rows for room in re.findall(r"`([^`]+)`", row)]

    for floor in built:
        assert set(told[: len(floor)]) == floor
        told = told[len(floor) :]
    assert told == []
