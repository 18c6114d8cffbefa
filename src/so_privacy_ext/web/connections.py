"""Who is connected, from where, and which connection has had its time."""

from __future__ import annotations

import enum
from typing import Protocol

from so_privacy_ext.web.limits import Limits


class Phase(enum.IntEnum):
    """What a connection waits for; from IDLE on, the later the more would be lost with it."""

    FIRST = 0
    """The first byte of its first request."""
    HEADERS = 1
    IDLE = 2
    """The next request."""
    BODY = 3
    ANSWER = 4
    """Our own answer, or the client to take it."""
    REFUSED = 5
    """The client to read why it was refused."""


class Connection(Protocol):
    """What is counted and timed."""

    phase: Phase
    deadline: float
    address: str

    def out_of_time(self) -> None:
        """Refuse or cut, by the phase."""

    def give_way(self) -> None:
        """Close for a newcomer."""


def _worth(one: Connection) -> tuple[int, float]:
    """Order by what would be lost; who has not said what it wants goes by age alone."""
    return (0 if one.phase < Phase.IDLE else one.phase, one.deadline)


class Connections:
    """All connections of one server."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_address: dict[str, set[Connection]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def admit(self, newcomer: Connection) -> bool:
        """Let a connection in; at the cap one of the same address that asks for nothing gives way to it."""
        theirs = self._by_address.get(newcomer.address, set())
        full = len(theirs) >= self._limits.connections_per_address or self._count >= self._limits.connections
        if full:
            oldest = min(theirs, key=_worth, default=None)
            if oldest is None or oldest.phase > Phase.IDLE:
                return False
            self.leave(oldest)
            oldest.give_way()
        self._by_address.setdefault(newcomer.address, set()).add(newcomer)
        self._count += 1
        return True

    def leave(self, connection: Connection) -> None:
        theirs = self._by_address.get(connection.address)
        if theirs is not None and connection in theirs:
            theirs.remove(connection)
            self._count -= 1
            if not theirs:
                del self._by_address[connection.address]

    def sweep(self, now: float) -> None:
        """Tell every connection whose deadline has passed."""
        late = [one for theirs in self._by_address.values() for one in theirs if one.deadline < now]
        for one in late:
            one.out_of_time()
