"""Secrets as a command is given them: by a file or standard input, never on its line."""

from __future__ import annotations

import sys
from pathlib import Path

from so_privacy_ext.errors import Exit
from so_privacy_ext.settings import one_line, read_secret

_LONGEST = 5000


def given_secret(name: str, what: str) -> str:
    """Read the one line of a file, or of standard input where its name is `-`."""
    if name == "-":
        content = sys.stdin.buffer.read(_LONGEST)
        return one_line(content, what, where="standard input", wrong=Exit.BAD_DATA)
    content = read_secret(Path(name), what, wrong=Exit.BAD_DATA)
    return one_line(content, what, where=name, wrong=Exit.BAD_DATA)
