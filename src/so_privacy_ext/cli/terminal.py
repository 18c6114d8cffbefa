"""The terminal as it may be: closed, full, of a narrow character set; and told things that would steer it."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import sys
import unicodedata
from types import FrameType
from typing import NoReturn, TextIO

from so_privacy_ext.errors import Exit

TOLD_TO_END = 128 + signal.SIGTERM
_STEERING = {"Cc", "Cf", "Zl", "Zp", "Cs"}
"""Unicode's categories of what a terminal may obey, hide or reorder by, instead of showing it."""


class Terminated(SystemExit):
    """SIGTERM came; what was begun is put away on the way out."""


def prepare() -> None:
    """Make the three streams fit for whatever is read or printed, and SIGTERM an orderly end."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: the next file opened would take its place
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - stays open
    sys.stdout = _Output(sys.stdout)
    sys.stderr = sys.stderr or _Output(None)
    signal.signal(signal.SIGTERM, _terminate)


def finish() -> None:
    """Bring out what was printed, so that nothing is left to fail at exit."""
    sys.stdout.flush()


def write_bytes(content: bytes) -> None:
    """Write a file's bytes to standard output as they are."""
    sys.stdout.flush()
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as error:
        _give_up(error)


def visible(text: str) -> str:
    """Escape what a terminal would obey, hide or reorder by, the way Python and JSON do."""
    if text.isprintable():  # as nearly every text is
        return text
    return "".join(_escaped(one) if unicodedata.category(one) in _STEERING else one for one in text)


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]


class _Output(io.TextIOWrapper):
    """Standard output: escapes what its character set lacks, ends the command when nobody takes it."""

    def __init__(self, stream: TextIO | None) -> None:
        self._beneath = stream  # which would close what we write to when nobody held it any more
        super().__init__(
            open(1, "wb", closefd=False) if stream is None else stream.buffer,  # noqa: SIM115 - stays open
            encoding="utf-8" if stream is None else stream.encoding,
            errors="backslashreplace",
            line_buffering=stream is not None and stream.isatty(),
        )

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            _give_up(error)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            _give_up(error)


def _give_up(error: OSError) -> NoReturn:
    """End with exit code 74; a reader that has gone, such as `head`, needs no word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    if error.errno != errno.EPIPE:
        how = "make room, or send it elsewhere"
        print(f"output: standard output can't be written ({error.strerror}); {how}", file=sys.stderr)
    raise SystemExit(Exit.IO)


def _terminate(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's shape
    raise Terminated(TOLD_TO_END)
