"""What processes have used: CPU time of a whole tree, memory of a process or a tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psutil


def cpu_seconds(*pids: int) -> float:
    """Give user and system time of these processes, their children, and what ended below them."""
    total = 0.0
    for process in _trees(pids):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_mb(pid: int) -> float:
    """Give the resident memory of a process and its children; pages that several share count once."""
    tree = list(_trees((pid,)))
    if len(tree) == 1:
        return float(tree[0].memory_info().rss / 1e6)
    total = 0
    for process in tree:
        with suppress(psutil.NoSuchProcess):
            info = process.memory_full_info()
            total += getattr(info, "pss", info.rss)  # only Linux can say
    return total / 1e6


def _trees(pids: tuple[int, ...]) -> Iterator[psutil.Process]:
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            yield root
            yield from root.children(recursive=True)
