"""The file of a plan: a line for its head, one for each person, and one that seals them all.

It is written and read a line at a time, whatever its size. It holds ids, keys and numbers, no names and no
addresses. The seal is made with the tenant's key, so that a plan that was cut, changed, or made elsewhere is
known from one that was not.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter, ValidationError

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.processing.planned import PlanHead, PlannedPerson

FORMAT = 1
"""Raised when a plan says something that an earlier version of the product would not understand."""
LONGEST_LINE = 1_000_000
"""Bytes; a head with five hundred rules, or a person with every purpose there is, stays far below."""

_BEGIN = b'{"so_privacy_plan": '
_SEAL = b'{"seal": "'
_END = b'"}\n'
_PURPOSE_OF_KEY = b"so-privacy plan"
_BLOCK = 1 << 16
_AGAIN = "make it again with `so-privacy plan`"

_head: TypeAdapter[PlanHead] = TypeAdapter(PlanHead)
_person: TypeAdapter[PlannedPerson] = TypeAdapter(PlannedPerson)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan whose seal was found right."""

    path: Path
    head: PlanHead
    seal: str
    """Names this plan: no other has the same."""
    _key: bytes = field(repr=False)

    def persons(self) -> Iterator[PlannedPerson]:
        """Give the persons in the order of their ids; refused at the end if the file is not what it was."""
        with _opened(self.path) as file:
            for number, line in _sealed_lines(self.path, file, self._key, self.seal):
                if number > 1:
                    yield _of_person(self.path, number, line)


def write_plan(
    path: Path, persons: Iterable[PlannedPerson], head: Callable[[], PlanHead], key: bytes
) -> PlanHead:
    """Write a plan whole or not at all; `head` is asked after the last person, since it counts them.

    The file is its owner's alone; `key` is the tenant's. Raises what `persons` raises.
    """
    try:
        with tempfile.TemporaryFile(dir=path.parent) as body:
            for person in persons:
                body.write(_person.dump_json(person, exclude_defaults=True) + b"\n")
            made = head()
            body.seek(0)
            _put(path, made, body, key)
    except OSError as error:
        what = f"it can't be written ({error.strerror})"
        raise Refused(
            "plan_unwritable", what, "name another file", Exit.CANT_CREATE, where=str(path)
        ) from None
    return made


def read_plan(path: Path, key_of: Callable[[PlanHead], bytes]) -> Plan:
    """Read a plan's head after its seal was found right; anything else than a whole plan is refused.

    `key_of` gives the key of the tenant that the head names, which nobody has vouched for yet.
    """
    with _opened(path) as file:
        head = _read_head(path, _line(path, file, 1))
        key = key_of(head)
        file.seek(0)
        seal = _Seal(key)
        for _, line in _lines(path, file):
            said = _said(line)
            if said is not None:
                break
            seal.add(line)
        else:
            raise _damaged(path, "it is cut off")
        if file.read(1) or not hmac.compare_digest(said.encode(), seal.text.encode()):
            raise _damaged(path, "it was changed, or made by another installation")
    return Plan(path, head, said, key)


class _Seal:
    """Grows with each line; a key of its own is made of the tenant's, which seals other things as well."""

    def __init__(self, key: bytes) -> None:
        self._mac = hmac.new(hmac.digest(key, _PURPOSE_OF_KEY, "sha256"), digestmod="sha256")

    def add(self, piece: bytes) -> None:
        self._mac.update(piece)

    @property
    def text(self) -> str:
        return self._mac.hexdigest()


def _put(path: Path, head: PlanHead, body: IO[bytes], key: bytes) -> None:
    """Write beside the path first, so that no half of a plan ever stands there."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            seal = _Seal(key)
            piece = _BEGIN + b"%d" % FORMAT + b', "head": ' + _head.dump_json(head) + b"}\n"
            while piece:
                seal.add(piece)
                file.write(piece)
                piece = body.read(_BLOCK)
            file.write(_SEAL + seal.text.encode() + _END)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        what = error.strerror or "it can't be read"
        raise Refused(
            "plan_unreadable", what, "name a readable file", Exit.NO_INPUT, where=str(path)
        ) from None


def _lines(path: Path, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 1
    while line := _line(path, file, number):
        yield number, line
        number += 1


def _line(path: Path, file: IO[bytes], number: int) -> bytes:
    """Read a line; empty at the end of the file."""
    try:
        line = file.readline(LONGEST_LINE + 1)
    except OSError as error:
        raise _damaged(path, f"line {number} can't be read ({error.strerror})") from None
    if line and not line.endswith(b"\n"):
        raise _damaged(path, f"line {number} is cut off, or far too long")
    return line


def _sealed_lines(path: Path, file: IO[bytes], key: bytes, sealed: str) -> Iterator[tuple[int, bytes]]:
    seal = _Seal(key)
    for number, line in _lines(path, file):
        if _said(line) is not None:
            break
        seal.add(line)
        yield number, line
    if seal.text != sealed:
        raise _damaged(path, "it was changed while it was read")


def _said(line: bytes) -> str | None:
    """Give what a line says the seal is, if it is the one that says it."""
    if not line.startswith(_SEAL) or not line.endswith(_END):
        return None
    return line[len(_SEAL) : -len(_END)].decode("ascii", "replace")


def _read_head(path: Path, line: bytes) -> PlanHead:
    try:
        found: Any = json.loads(line) if line.startswith(_BEGIN) else {}
    except ValueError:
        found = {}
    form = found.get("so_privacy_plan")
    if form is None:
        raise _damaged(path, "it does not begin as a plan does")
    if form != FORMAT:
        what = f"its format is {form!r}, and this version reads format {FORMAT}"
        raise Refused("plan_format", what, _AGAIN, Exit.BAD_DATA, where=str(path))
    try:
        return _head.validate_python(found.get("head"))
    except ValidationError:
        raise _damaged(path, "its head is none") from None


def _of_person(path: Path, number: int, line: bytes) -> PlannedPerson:
    try:
        return _person.validate_json(line)
    except ValidationError:
        raise _damaged(path, f"line {number} is no person of a plan") from None


def _damaged(path: Path, what: str) -> Refused:
    return Refused("plan_damaged", what, _AGAIN, Exit.BAD_DATA, where=str(path))
