"""Shows on a terminal how far a reading of everybody has come; elsewhere nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress() -> Iterator[Callable[[int, int, int], None]]:
    """Give what is told how many were read, and the numbers of the last of them and of the last there is."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    columns = (TextColumn("{task.fields[read]} persons"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, read=0)

        def tell(read: int, at: int, last: int) -> None:
            bar.update(task, completed=at, total=last, read=read)

        yield tell
