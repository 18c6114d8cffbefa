"""Counts what is refused or begun for nobody per address, so that a flood of it can be told to slow down."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable


class Floods:
    """One bucket per address, filled by refusals and emptied by time; it never sees a signed request."""

    def __init__(
        self,
        *,
        burst: int = 200,
        per_second: float = 10.0,
        most_addresses: int = 10_000,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._most_addresses = most_addresses
        self._now = now
        self._buckets: dict[str, tuple[float, float]] = {}

    def refused(self, address: str) -> bool:
        """Count one refusal; tell whether this address has had too many."""
        source = _source(address)
        now = self._now()
        level, since = self._buckets.pop(source, (0.0, now))
        level = max(0.0, level - (now - since) * self._per_second)
        too_many = level >= self._burst
        # Put back at the end, so that the first of the dict is who has been quiet the longest.
        self._buckets[source] = (level if too_many else level + 1, now)
        if len(self._buckets) > self._most_addresses:
            del self._buckets[next(iter(self._buckets))]
        return too_many


def _source(address: str) -> str:
    """Take a whole IPv6 network for one address, since its owner has all of it."""
    try:
        return str(ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:  # IPv4, or whatever a trusted proxy says
        return address
