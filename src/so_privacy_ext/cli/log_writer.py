"""Brings log lines out without ever making whoever logs wait: what nobody takes is dropped and counted."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from so_privacy_ext import metrics

MOST_WAITING = 5_000
"""Lines, of at most eight thousand characters each, that wait for a reader that has stopped."""
_LAST_WORDS = 1.0
"""Seconds that the end of the process waits for a reader."""


class Sink(Protocol):
    """Where lines go; it may block, and it may fail."""

    def write(self, line: bytes) -> None:
        """Write one line, with its end, whole; raise `OSError` if that can't be."""


class LogWriter(logging.Handler):
    """Formats lines where they arise, and writes them in a thread of its own for each sink."""

    def __init__(
        self, sinks: Sequence[Sink], confess: Callable[[int], None], *, most_waiting: int = MOST_WAITING
    ) -> None:
        """With `confess` lines that were lost are logged, as soon as one gets through again."""
        super().__init__()
        self._lanes = [_Lane(sink, confess, most_waiting) for sink in sinks]

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode("utf-8", "backslashreplace") + b"\n"
        except Exception:  # noqa: BLE001 - a line that can't be written down must not stop what it tells of
            metrics.dropped_log_lines()
            return
        for lane in self._lanes:
            lane.put(line)

    def flush(self) -> None:
        """Wait for what is under way, but for no reader that has stopped."""
        until = time.monotonic() + _LAST_WORDS
        for lane in self._lanes:
            lane.settle(until)


class _Lane:
    """One sink with the lines that wait for it."""

    def __init__(self, sink: Sink, confess: Callable[[int], None], most_waiting: int) -> None:
        self._sink = sink
        self._confess = confess
        self._lines: queue.Queue[bytes] = queue.Queue(most_waiting)
        self._dropped = 0
        self._guard = threading.Lock()
        threading.Thread(target=self._write, name="log", daemon=True).start()

    def put(self, line: bytes) -> None:
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._drop()

    def settle(self, until: float) -> None:
        with self._lines.all_tasks_done:
            while self._lines.unfinished_tasks and (left := until - time.monotonic()) > 0:
                self._lines.all_tasks_done.wait(left)

    def _write(self) -> None:
        while True:
            line = self._lines.get()
            metrics.waiting_log_lines(self._lines.qsize())
            try:
                self._sink.write(line)
            except OSError:
                self._drop()
            else:
                self._tell_what_was_lost()
            finally:
                self._lines.task_done()

    def _drop(self) -> None:
        metrics.dropped_log_lines()
        with self._guard:
            self._dropped += 1

    def _tell_what_was_lost(self) -> None:
        with self._guard:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            self._confess(dropped)
