"""Keeps a tenant's lists for a quarter of an hour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from so_privacy_ext.model import TenantLists

KEPT_SECONDS = 900.0


class ListCache:
    """One tenant's lists; read once however many threads want them."""

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._lists: TenantLists | None = None
        self._read_at = 0.0

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
