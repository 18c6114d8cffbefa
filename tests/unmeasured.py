"""Counts no lines where other tests reach the same ones of the product: counting takes half of the time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import coverage


@contextmanager
def unmeasured() -> Iterator[None]:
    """Count no lines in this process, nor in threads that begin meanwhile."""
    measuring = coverage.Coverage.current()
    if measuring is None:
        yield
        return
    measuring.stop()
    try:
        yield
    finally:
        measuring.start()


def environment() -> dict[str, str]:
    """Give this process's environment for one that counts no lines either."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
