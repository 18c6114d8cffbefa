"""A command of the program, asked within this process, and every command that there is."""

from __future__ import annotations

import io
import signal
import sys
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from so_privacy_ext.cli import main
from so_privacy_ext.cli.program import program

MANIFEST = Path(__file__).resolve().parents[3] / "manifests" / "rules" / "nordic-b2b.yaml"
WORDS = {"system_user_token_file": "-", "environment": "sandbox"}
"""What a parameter takes whose type says too little."""


BUILT = typer.main.get_command(program)
"""What typer makes of our declarations for each run anew, which takes ten times as long as the rest of it."""


@dataclass(frozen=True)
class Command:
    """A command that does something, by its words, with what it takes."""

    words: tuple[str, ...]
    parameters: tuple[Any, ...]

    @property
    def name(self) -> str:
        return " ".join(self.words)

    def taking(self, *kinds: type) -> list[Any]:
        """Give the parameters whose values are of these types."""
        return [one for one in self.parameters if not is_flag(one) and issubclass(kind(one), kinds)]

    def sensible(self, *, without: Any = None, **instead: str) -> list[str]:
        """Give words that make sense: all that must be said, and what is asked for in a value's place."""
        said: list[str] = [*self.words]
        for one in self.parameters:
            if one is not without and (one.required or one.name in instead):
                said += spoken(one, instead.get(one.name, sample(one)))
        return said


def is_flag(parameter: Any) -> bool:
    return bool(getattr(parameter, "is_flag", False))


def kind(parameter: Any) -> type:
    """Give the type of a parameter's value, or of each of its values."""
    annotation = parameter.type_descriptor.annotation
    (found, *_) = typing.get_args(annotation) or (annotation,)
    assert isinstance(found, type), annotation
    return found


def spoken(parameter: Any, value: str) -> list[str]:
    """Write a parameter with a value; what begins with a hyphen is no option's name that way."""
    option = parameter.param_type_name == "option"
    if option:
        return [f"{parameter.opts[-1]}={value}"]
    return ["--", value] if value == "--" else [value]


def sample(parameter: Any) -> str:
    """Give a value that a parameter takes."""
    of = kind(parameter)
    if issubclass(of, Enum):
        return str(next(iter(of)).value)
    if issubclass(of, Path):
        return str(MANIFEST)
    return "1" if issubclass(of, int) else WORDS.get(parameter.name, "Cust12345")


def commands() -> Iterator[Command]:
    """Give every command, also those to come."""
    yield from _below((), BUILT)


def _below(words: tuple[str, ...], command: Any) -> Iterator[Command]:
    inner = getattr(command, "commands", {})
    if not inner or command.invoke_without_command:
        yield Command(words, tuple(command.params))
    for name, one in inner.items():
        yield from _below((*words, name), one)


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: object
    out: str
    err: str


def ask(words: Sequence[str], given: bytes = b"") -> Done:
    """Run the program as its script does, with these words and this standard input."""
    before = sys.argv, sys.stdin, sys.stdout, sys.stderr, signal.getsignal(signal.SIGTERM)
    out, err = _Kept(), _Kept()
    sys.argv = ["so-privacy", *words]
    sys.stdin = io.TextIOWrapper(io.BytesIO(given))
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8")
    sys.stderr = io.TextIOWrapper(err, encoding="utf-8", errors="backslashreplace", write_through=True)
    try:
        main()
        code: object = None
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = before[:4]
        signal.signal(signal.SIGTERM, before[4])
    return Done(code, out.getvalue().decode(), err.getvalue().decode())


class _Kept(io.BytesIO):
    """Bytes that stay when whoever wrote them is forgotten."""

    def close(self) -> None:
        pass
