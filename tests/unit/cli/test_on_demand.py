"""Commands are imported when they are called, and said of beforehand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from so_privacy_ext.errors import Exit
from tests.unit.cli.asked import BUILT, MANIFEST, ask

ASKED = """\
import json, sys
from so_privacy_ext.cli import main
try:
    main()
except SystemExit:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
"""A command as its script runs it, and what it has imported then."""


def listed() -> Iterator[Any]:
    """Give whatever the help of a group lists before it is imported."""
    program: Any = BUILT
    for group in (program, program.commands["manifest"]):
        for name, one in group.listed.items():
            yield pytest.param(one, group.commands[name], id=one.at)


@pytest.mark.parametrize(("one", "command"), list(listed()))
def test_a_list_says_of_a_command_what_the_command_says_of_itself(one: Any, command: Any) -> None:
    assert one.says == command.help.splitlines()[0]
    assert one.name == command.name


@pytest.mark.parametrize("words", [["--help"], ["manifest", "--help"], ["manifest", "check", str(MANIFEST)]])
def test_what_needs_no_crm_imports_none_of_its_libraries(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", ASKED, *words], capture_output=True, check=True, text=True)
    imported = set(json.loads(done.stderr))
    assert "so_privacy_ext.cli.on_demand" in imported
    assert not imported & {"so_privacy_ext.app", "zeep", "psycopg", "starlette", "structlog", "uvicorn"}


def test_help_imports_no_command() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED, "--help"], capture_output=True, check=True, text=True)
    assert "Look for persons who changed" in done.stdout
    assert not set(json.loads(done.stderr)) & {
        f"so_privacy_ext.cli.{one}" for one in ("sweeping", "manifests")
    }


def test_a_word_that_is_nearly_a_command_is_answered_with_that_one() -> None:
    done = ask(["manifest", "chekc"])
    assert (done.code, done.err) == (
        Exit.USAGE,
        "usage: No such command 'chekc'. Did you mean 'check'?; see `so-privacy manifest --help`\n",
    )
