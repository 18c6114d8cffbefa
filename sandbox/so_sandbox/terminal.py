"""What all commands of `so-sandbox` have in common: options, exit codes, answers and refusals."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from so_sandbox import client

NO, USAGE, BAD_DATA, NO_INPUT, UNAVAILABLE, CANT_CREATE, IO, INTERRUPTED = 1, 2, 65, 66, 69, 73, 74, 130
"""Exit codes (sysexits)."""
Folder = Annotated[Path, typer.Option("--dir", help="Folder of the files that a client needs.")]
Url = Annotated[
    str | None, typer.Option("--url", help="Address of the sandbox; default: where `up` was started.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Tenant = Annotated[str, typer.Option("--tenant", help="Context identifier; default: the first tenant.")]
HERE = Path(".so-sandbox")
_WIDE = 240
"""Columns for a table that goes into a pipe."""


def name_of(url: str | None, directory: Path, name: str) -> str:
    """Give the tenant that is named, or the first one."""
    return word(name) if name else str(ask(url, directory, "GET", "/about")["tenants"][0])


def ask(
    url: str | None, directory: Path, method: str, path: str, content: dict[str, Any] | None = None
) -> Any:
    """Ask the sandbox that is named, or the one that was started here."""
    return client.ask(client.find(url, directory), method, path, content)


def prepare() -> None:
    """Put something in the place of standard streams that are closed, so that printing is no failure."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # the next file opened would take its place
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - stays open
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - stays open


def give_up(error: OSError) -> NoReturn:
    """End when standard output takes no more; a reader that has gone, such as `head`, needs no word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # what is still to be written at exit goes there
    os.close(nowhere)
    if error.errno == errno.EPIPE:
        raise SystemExit(IO)
    fail(
        IO,
        "output",
        f"standard output can't be written ({error.strerror})",
        "make room, or send it elsewhere",
    )


def show(answer: Any, as_json: bool, lines: Callable[[], Iterable[Any]]) -> None:
    """Print an answer as JSON, or in lines for people."""
    if as_json:
        print_json(answer)
        return
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    for line in lines():
        console.print(line, highlight=False)


def print_json(answer: Any) -> None:
    print(json.dumps(answer, indent=2, ensure_ascii=False))


def pairs(given: list[str], what: str) -> dict[str, str]:
    """Read name=value."""
    pairs = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            fail(USAGE, "bad_setting", f"{what} is {one!r}", "write name=value")
        pairs[name] = value
    return pairs


def word(name: str) -> str:
    """Refuse what could not stand in a path."""
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        fail(USAGE, "bad_name", f"the name is {name!r}", "use letters, digits, - and _")
    return name


def fail(code: int, what: str, text: str, how: str) -> NoReturn:
    """Say what is wrong in one line, and end."""
    print(f"so-sandbox: {what}: {text}; {how}", file=sys.stderr)
    raise SystemExit(code)
