"""Keeps a tenant's lists for a quarter of an hour, or until something is met that they don't know."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection

from so_privacy_ext.model import TenantLists
from so_privacy_ext.ports import SharedLists

KEPT_SECONDS = 900.0

Stranger = tuple[str, int]
"""A list's name and an id that the list does not have."""


class ListCache:
    """One tenant's lists; read once however many threads and processes want them."""

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._lists: TenantLists | None = None
        self._read_at = 0.0
        self._forgotten_at = -math.inf
        self._strangers: set[Stranger] = set()

    def get(self, read: Callable[[], TenantLists], shared: SharedLists | None = None) -> TenantLists:
        """Give the kept lists, or those that another process has read since, or read them."""
        with self._lock:
            if self._lists is None or self._elapsed() - self._read_at >= KEPT_SECONDS:
                self._lists = None
                self._lists = self._of_others(shared) or self._read(read, shared)
            return self._lists

    def forget(self) -> None:
        """Have the lists read anew, by us or by another process."""
        with self._lock:
            self._forget()

    def doubt(self, strangers: Collection[Stranger]) -> None:
        """Have the lists read anew for ids that they lack, once for each: some no reading ever shows."""
        with self._lock:
            if not self._strangers.issuperset(strangers):
                self._strangers.update(strangers)
                self._forget()

    def _forget(self) -> None:
        self._lists = None
        self._forgotten_at = self._elapsed()

    def _of_others(self, shared: SharedLists | None) -> TenantLists | None:
        """Give a reading of another process that began after we forgot ours."""
        now = self._elapsed()
        found = None if shared is None else shared.last(min(KEPT_SECONDS, now - self._forgotten_at))
        if found is None:
            return None
        lists, age = found
        self._read_at = now - age
        return lists

    def _read(self, read: Callable[[], TenantLists], shared: SharedLists | None) -> TenantLists:
        began = self._elapsed()
        lists = read()
        self._read_at = began
        if shared is not None:
            shared.keep(lists, self._elapsed() - began)
        return lists
