"""Whoever logs never waits: a reader that stopped, a full pipe, a full disk cost lines, which are counted."""

from __future__ import annotations

import logging
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from so_privacy_ext import metrics
from so_privacy_ext.cli.log_sinks import DailyFiles, too_old
from so_privacy_ext.cli.log_writer import LogWriter
from so_privacy_ext.errors import Exit, Refused

pytestmark = pytest.mark.row("F80")


class Pipe:
    """A sink whose reader has stopped until it is told to go on."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        self.goes_on.wait(30)
        self.lines.append(line)


class File:
    """A sink that is a file, such as one on a full disk."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY)

    def write(self, line: bytes) -> None:
        os.write(self._file, line)


def dropped() -> float:
    return metrics.REGISTRY.get_sample_value("so_privacy_dropped_log_lines_total") or 0.0


@contextmanager
def logging_to(
    *sinks: object, most_waiting: int = 100
) -> Iterator[tuple[LogWriter, logging.Logger, list[int]]]:
    confessed: list[int] = []
    writer = LogWriter(sinks, confessed.append, most_waiting=most_waiting)  # type: ignore[arg-type] # by shape
    logger = logging.Logger("alone")  # noqa: LOG001 - none but this test's
    logger.addHandler(writer)
    yield writer, logger, confessed


def test_a_reader_that_stopped_holds_nobody_up_and_what_is_lost_is_told() -> None:
    pipe = Pipe()
    before = dropped()
    with logging_to(pipe) as (writer, logger, confessed):
        for number in range(1000):
            logger.warning("line %s", number)
        lost = dropped() - before
        assert 898 <= lost <= 900  # a hundred wait, one is being written
        pipe.goes_on.set()
        writer.flush()

    assert len(pipe.lines) + lost == 1000
    assert pipe.lines[:2] == [b"line 0\n", b"line 1\n"]
    assert sum(confessed) == lost


def test_a_full_disk_loses_lines_and_nothing_else() -> None:
    before = dropped()
    good = Pipe()
    good.goes_on.set()
    with logging_to(File("/dev/full"), good) as (writer, logger, _):
        for _number in range(3):
            logger.warning("said")
        writer.flush()

    assert dropped() - before == 3
    assert good.lines == [b"said\n"] * 3  # one sink is nothing to the other


def test_what_can_not_be_formatted_is_lost_alone() -> None:
    before = dropped()
    good = Pipe()
    good.goes_on.set()
    with logging_to(good) as (writer, logger, _):
        logger.warning("%d", "no number")
        logger.warning("said")
        writer.flush()

    assert (dropped() - before, good.lines) == (1, [b"said\n"])


def test_the_end_of_the_process_waits_for_no_reader_for_long() -> None:
    with logging_to(Pipe()) as (writer, logger, _):
        logger.warning("said")
        writer.flush()  # and comes back


class Days:
    def __init__(self) -> None:
        self.today = date(2026, 2, 27)

    def __call__(self) -> date:
        return self.today


@pytest.mark.row("C23")
def test_lines_are_kept_by_day_for_as_many_days_as_is_set(tmp_path: Path) -> None:
    days, folder = Days(), tmp_path / "logs"
    first = DailyFiles(folder, 92, days)
    (folder / "notes.txt").write_text("not ours")
    (folder / "so-privacy-2026-02-31.jsonl").write_text("no day")
    other = DailyFiles(folder, 92, days)  # another process of this machine
    for _ in range(120):
        first.write(b'{"one":1}\n')
        other.write(b'{"two":2}\n')
        days.today += timedelta(days=1)
    kept = sorted(path.name for path in folder.glob("so-privacy-2026-*.jsonl"))

    last = days.today - timedelta(days=1)
    assert kept[-1] == f"so-privacy-{last}.jsonl"
    assert kept[1] == f"so-privacy-{last - timedelta(days=92)}.jsonl"  # after the one that is no day
    assert len(kept) == 93 + 1
    assert (folder / "notes.txt").exists()
    for path in folder.glob("so-privacy-2026-0[3-6]-*.jsonl"):
        assert sorted(path.read_bytes().splitlines()) == [b'{"one":1}', b'{"two":2}']
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_another_process_removed_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "so-privacy-2020-01-01.jsonl").write_text("")
    (gone,) = too_old(tmp_path, date(2026, 1, 1), 92)
    gone.unlink()
    DailyFiles(tmp_path, 92).write(b"{}\n")

    assert len(list(tmp_path.iterdir())) == 1


def test_after_a_full_disk_the_files_go_on(tmp_path: Path) -> None:
    days = Days()
    files = DailyFiles(tmp_path / "logs", 92, days)
    (tmp_path / "logs").rename(tmp_path / "away")
    days.today += timedelta(days=1)
    with pytest.raises(FileNotFoundError):
        files.write(b"{}\n")
    (tmp_path / "away").rename(tmp_path / "logs")
    files.write(b"{}\n")

    assert (tmp_path / "logs" / "so-privacy-2026-02-28.jsonl").read_bytes() == b"{}\n"


def test_a_folder_that_can_not_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="SO_PRIVACY_LOG_DIR") as refused:
        DailyFiles(tmp_path / "file" / "logs", 92)

    assert refused.value.exit_code is Exit.CANT_CREATE
