"""`plugin new`: writes a partner's package that passes its own tests at once."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path
from typing import Annotated

import typer

from so_privacy_ext.cli.output import AsJson, print_json, say
from so_privacy_ext.errors import Exit, Refused

_STARTER = Path(__file__).parent / "starter"
_FILES = {
    "pyproject.toml": "pyproject.toml.in",
    "README.md": "README.md.in",
    "rules.yaml": "rules.yaml.in",
    "src/{module}/__init__.py": "extension.py.in",
    "src/{module}/py.typed": None,
    "tests/test_{module}.py": "tests.py.in",
}
"""What is written, and what it is made of: a whole package, named as the next two are."""
_ITS_NAME, _ITS_MODULE = "acme-vat", "acme_vat"
_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}[a-z0-9]")


def new(
    name: Annotated[str, typer.Argument(metavar="PLUGIN", help="The plugin's name, such as acme-vat.")],
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The folder to make; one of the plugin's name if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a plugin's package to start from: one condition, tests that pass, a manifest that uses it."""
    _refuse_name(name)
    target = Path(name) if folder is None else folder
    files = _files(name)
    _write(target, files)
    if as_json:
        print_json({"plugin": name, "folder": str(target), "files": list(files)})
        return
    say(f"{target}: written; go there, then: pip install -e '.[test]', pytest")


def _refuse_name(name: str) -> None:
    if not _NAME.fullmatch(name) or "--" in name:
        how = "take 3 to 41 small letters, digits and single hyphens, a letter first, such as acme-vat"
        raise Refused("plugin_name", f"{name[:60]!r} is no name of a plugin", how, Exit.USAGE)
    module = _module(name)
    if iskeyword(module) or find_spec(module) is not None:
        what = f"there is a module {module!r} already, which {name!r} would hide or be hidden by"
        how = "take a name of your own, such as your company's with what it is about: acme-vat"
        raise Refused("plugin_name_taken", what, how, Exit.USAGE)


def _module(name: str) -> str:
    return name.replace("-", "_")


def _files(name: str) -> Mapping[str, str]:
    """Give the package's files by their path."""
    return {
        path.format(module=_module(name)): "" if made_of is None else _named(name, made_of)
        for path, made_of in _FILES.items()
    }


def _named(name: str, made_of: str) -> str:
    text = (_STARTER / made_of).read_text(encoding="utf-8")
    return (
        text.replace(_ITS_NAME, name)
        .replace(_ITS_MODULE, _module(name))
        .replace("@version@", version("so-privacy-ext"))
    )


def _write(target: Path, files: Mapping[str, str]) -> None:
    """Make a folder that is not there yet, whole or not at all."""
    if os.path.lexists(target):
        raise _not_written(target, "it is there already", "name another by --folder, or take it away")
    unfinished = target.parent / f".{os.getpid()}.unfinished"
    try:
        unfinished.mkdir()
        for path, text in files.items():
            file = unfinished / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        unfinished.rename(target)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        how = "name a folder that can be made, in one that is there"
        raise _not_written(target, error.strerror or "it can't be made", how) from None


def _not_written(target: Path, what: str, how: str) -> Refused:
    return Refused("not_written", what, how, Exit.CANT_CREATE, where=str(target))
