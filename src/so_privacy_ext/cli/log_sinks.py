"""Where log lines end: standard error, and files by day that are kept for a number of days."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from so_privacy_ext.errors import Exit, Refused

_NAME = re.compile(r"so-privacy-(\d{4}-\d\d-\d\d)\.jsonl", re.ASCII)


class StandardError:
    """The process's own standard error; whoever runs us keeps it or doesn't."""

    def write(self, line: bytes) -> None:
        _write_whole(2, line)


class DailyFiles:
    """One file a day, UTC, in a folder; any number of processes of this machine append to the same one.

    Files of earlier days than `days` ago are removed when a new day begins, and at the first line.
    """

    def __init__(self, folder: Path, days: int, today: Callable[[], date] | None = None) -> None:
        self._folder = folder
        self._days = days
        self._today = today or (lambda: datetime.now(UTC).date())
        self._day: date | None = None
        self._file = -1
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._turn_over()
        except OSError as error:
            raise Refused(
                "log_folder",
                f"it can't be written ({error.strerror})",
                "name a folder that so-privacy may write with SO_PRIVACY_LOG_DIR",
                Exit.NO_PERMISSION if isinstance(error, PermissionError) else Exit.CANT_CREATE,
                where=str(folder),
            ) from None

    def write(self, line: bytes) -> None:
        if self._today() != self._day or self._file < 0:
            self._turn_over()
        _write_whole(self._file, line)

    def _turn_over(self) -> None:
        day = self._today()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        path = self._folder / f"so-privacy-{day.isoformat()}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._day = day
        for old in too_old(self._folder, day, self._days):
            with contextlib.suppress(FileNotFoundError):  # another process removed it a moment ago
                old.unlink()


def too_old(folder: Path, today: date, days: int) -> list[Path]:
    """Give the log files of days that need not be kept any more; no other file, whatever its name."""
    first_kept = today - timedelta(days=days)
    found = []
    for path in folder.iterdir():
        match = _NAME.fullmatch(path.name)
        with contextlib.suppress(ValueError):  # the 31st of February
            if match and date.fromisoformat(match[1]) < first_kept:
                found.append(path)
    return sorted(found)


def _write_whole(file: int, line: bytes) -> None:
    while line:
        line = line[os.write(file, line) :]
