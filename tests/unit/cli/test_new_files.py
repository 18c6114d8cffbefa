"""Files that a command makes anew, and what it prints as it is: whole, or a line that says why not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "so_privacy_ext", "manifest"]


def shell(script: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = ["/bin/bash", "-c", script, "sh", *COMMAND, *words]
    return subprocess.run(line, cwd=folder, capture_output=True, check=False, text=True)


def test_where_there_is_no_room_nothing_is_left(tmp_path: Path) -> None:
    """The manifest is small enough, the schema beside it is not."""
    done = shell('ulimit -f 16; "$@"', "init", "-o", "m.yaml", folder=tmp_path)

    assert done.returncode == 73
    assert "not_written: File too large" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_printed_file_that_nobody_takes(tmp_path: Path) -> None:
    full = shell('"$@" > /dev/full', "schema", folder=tmp_path)
    closed = shell('"$@" >&-', "schema", folder=tmp_path)

    assert full.returncode == 74
    assert full.stderr.startswith("output: standard output can't be written (No space left on device)")
    assert full.stderr.count("\n") == 1
    assert (closed.returncode, closed.stderr) == (0, "")
