"""Stores all requests that wait in one commit, and lets none of them wait for longer than it may."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from so_privacy_ext import metrics
from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import Delivery
from so_privacy_ext.web.lane import Lane

_log = structlog.get_logger()


class _Waiting(NamedTuple):
    delivery: Delivery
    until: float
    stored: asyncio.Future[None]


class GroupCommit:
    """While one commit is under way the next group gathers; each group is one call of `store`.

    A group whose outcome is unknown is stored again together with whoever came since, because storing twice
    is storing once. Whoever has waited for `wait_seconds` is told so, whatever the database is doing.
    """

    def __init__(
        self,
        store: Callable[[Sequence[Delivery]], None],
        *,
        wait_seconds: float = 4.0,
        pause_seconds: float = 0.1,
        most_waiting: int = 10_000,
        most_bytes_waiting: int = 64 * 1024 * 1024,
        most_in_group: int = 500,
        most_bytes_in_group: int = 8 * 1024 * 1024,
    ) -> None:
        self._store = store
        self._wait_seconds = wait_seconds
        self._pause_seconds = pause_seconds
        self._most_waiting = most_waiting
        self._most_bytes_waiting = most_bytes_waiting
        self._most_in_group = most_in_group
        self._most_bytes_in_group = most_bytes_in_group
        self._lane = Lane("group-commit")
        self._waiting: deque[_Waiting] = deque()
        self._group: list[_Waiting] = []
        self._bytes = 0
        self._work: asyncio.Task[None] | None = None
        self._clock: asyncio.TimerHandle | None = None

    async def store(self, delivery: Delivery) -> None:
        """Return when the delivery is durable; else raise `StorageUnavailable`."""
        size = len(delivery.body)
        if len(self._waiting) >= self._most_waiting or self._bytes + size > self._most_bytes_waiting:
            raise StorageUnavailable("too many deliveries wait")
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        self._waiting.append(_Waiting(delivery, loop.time() + self._wait_seconds, stored))
        self._bytes += size
        if self._work is None:
            self._work = loop.create_task(self._commit_groups())
        if self._clock is None:
            self._clock = loop.call_later(self._wait_seconds, self._refuse_late)
        try:
            await stored
        finally:
            self._bytes -= size

    def stuck_for(self) -> float:
        """Tell for how many seconds the commit at work has not come back."""
        return self._lane.busy_for()

    def close(self) -> None:
        self._lane.close()

    async def _commit_groups(self) -> None:
        while self._waiting:
            # Requests that came in the same turn of the loop belong together.
            await asyncio.sleep(0)
            self._group = self._take()
            if not self._group:
                continue
            try:
                with metrics.storing():
                    await self._lane.run(self._store, [one.delivery for one in self._group])
            except StorageUnavailable:
                self._waiting.extendleft(reversed(self._group))
                await asyncio.sleep(self._pause_seconds)
            except Exception as error:  # noqa: BLE001 - a bug must not leave waiting whoever waits or comes after
                _log.error("store_failed", error=type(error).__name__)
                for one in self._group:
                    _refuse(one, "not stored")
            else:
                for one in self._group:
                    if not one.stored.done():
                        one.stored.set_result(None)
            self._group = []
        self._work = None

    def _take(self) -> list[_Waiting]:
        """Take the oldest that still wait, as many as one commit should hold."""
        group: list[_Waiting] = []
        size = 0
        while self._waiting and len(group) < self._most_in_group and size < self._most_bytes_in_group:
            one = self._waiting.popleft()
            if not one.stored.done():
                group.append(one)
                size += len(one.delivery.body)
        return group

    def _refuse_late(self) -> None:
        """Tell whoever has waited long enough, and look again when the next one has."""
        loop = asyncio.get_running_loop()
        now, next_until = loop.time(), None
        for one in (*self._group, *self._waiting):
            if one.stored.done():
                continue
            if one.until > now:
                next_until = one.until
                break
            _refuse(one, "not stored in time")
        self._clock = None if next_until is None else loop.call_at(next_until, self._refuse_late)


def _refuse(one: _Waiting, why: str) -> None:
    if not one.stored.done():
        one.stored.set_exception(StorageUnavailable(why))
