"""Keeps a tenant's lists for a quarter of an hour, or until something is met that they don't know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

from so_privacy_ext.model import TenantLists

KEPT_SECONDS = 900.0

Stranger = tuple[str, int]
"""A list's name and an id that the list does not have."""


class ListCache:
    """One tenant's lists; read once however many threads want them."""

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._lists: TenantLists | None = None
        self._read_at = 0.0
        self._strangers: set[Stranger] = set()

    def get(self, read: Callable[[], TenantLists]) -> TenantLists:
        """Give the kept lists, or read them."""
        with self._lock:
            if self._lists is None or self._elapsed() - self._read_at >= KEPT_SECONDS:
                self._lists = None
                self._lists = read()
                self._read_at = self._elapsed()
            return self._lists

    def forget(self) -> None:
        with self._lock:
            self._lists = None

    def doubt(self, strangers: Collection[Stranger]) -> None:
        """Have the lists read anew for ids that they lack, once for each: some no reading ever shows."""
        with self._lock:
            if not self._strangers.issuperset(strangers):
                self._strangers.update(strangers)
                self._lists = None
