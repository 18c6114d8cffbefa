"""`plugin new`: a whole package or nothing; that it works is seen in tests/acceptance/test_sdk.py."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from so_privacy_ext.errors import Exit
from tests.unit.cli.asked import ask

ROOT = Path(__file__).resolve().parents[3]
FILES = [
    "README.md",
    "pyproject.toml",
    "rules.yaml",
    "src/other_name/__init__.py",
    "src/other_name/py.typed",
    "tests/test_other_name.py",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def below(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def test_a_package_of_any_name_is_written_in_the_style_of_the_house(folder: Path) -> None:
    done = ask(["plugin", "new", "other-name"])

    assert (done.code, done.err) == (Exit.OK, "")
    assert below(folder / "other-name") == FILES
    project = tomllib.loads((folder / "other-name" / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["so_privacy_ext.extensions"] == {"other-name": "other_name:ext"}
    assert project["dependencies"] == ["so-privacy-ext>=0.1.0"]
    text = "".join((folder / "other-name" / one).read_text() for one in FILES)
    assert not any(left in text for left in ("acme", "Acme", "@version@"))
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), "."]
    subprocess.run(ruff, cwd=folder, check=True, timeout=60)


def test_in_a_folder_of_ones_choice(folder: Path) -> None:
    done = ask(["plugin", "new", "other-name", "--folder", "mine", "--json"])

    assert done.code in {None, Exit.OK}
    told = json.loads(done.out)
    assert (told["plugin"], told["folder"], sorted(told["files"])) == ("other-name", "mine", FILES)
    assert below(folder / "mine") == FILES


@pytest.mark.parametrize(
    "name", ["", "ab", "Acme", "acme_vat", "-acme", "acme-", "a--b", "1acme", "x" * 42, "acme vat", "../acme"]
)
def test_what_is_no_name(folder: Path, name: str) -> None:
    done = ask(["plugin", "new", "--", name])

    assert (done.code, done.out) == (Exit.USAGE, "")
    assert "such as acme-vat" in done.err
    assert below(folder) == []


@pytest.mark.parametrize("name", ["json", "pydantic", "so-privacy-ext", "class"])
def test_a_name_that_is_taken(folder: Path, name: str) -> None:
    done = ask(["plugin", "new", name])

    assert (done.code, done.out) == (Exit.USAGE, "")
    assert "there is a module" in done.err
    assert below(folder) == []


@pytest.mark.parametrize("there", ["a file", "a folder", "a link to nowhere"])
def test_what_is_there_stays_as_it_is(folder: Path, there: str) -> None:
    path = folder / "other-name"
    if there == "a file":
        path.write_text("mine")
    elif there == "a folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")

    done = ask(["plugin", "new", "other-name"])

    assert (done.code, done.out) == (Exit.CANT_CREATE, "")
    assert "it is there already" in done.err
    assert list(folder.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_leaves_nothing(folder: Path) -> None:
    (folder / "file").write_text("")
    for where in ("no/where", "file/below", "x" * 300):
        done = ask(["plugin", "new", "other-name", "--folder", where])

        assert (done.code, done.out) == (Exit.CANT_CREATE, "")
        assert done.err.count("\n") == 1
        assert below(folder) == ["file"]
        assert [one.name for one in folder.iterdir()] == ["file"]
