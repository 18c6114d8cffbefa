"""Whose slot is it, and who may sign for it: asked of storage, kept for a moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import structlog

from so_privacy_ext.errors import PrivacyError, StorageUnavailable
from so_privacy_ext.model import Slot, SlotKeys
from so_privacy_ext.web.lane import Lane
from so_privacy_ext.webhooks import signature

_log = structlog.get_logger()


class _Kept(NamedTuple):
    keys: SlotKeys | None
    asked_at: float


class Slots:
    """Keeps answers for less than five seconds, so that a revoked secret is dead by then.

    A slot that is in use is asked for again before its answer is too old, in a thread of its own: a flood of
    unknown slots may wait in line, but not in front of a tenant's deliveries.
    """

    def __init__(
        self,
        look_up: Callable[[Slot], SlotKeys | None],
        *,
        keep_seconds: float = 4.0,
        ask_again_seconds: float = 2.0,
        wait_seconds: float = 4.0,
        most_kept: int = 10_000,
        most_asked: int = 1_000,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up = look_up
        self._keep_seconds = keep_seconds
        self._ask_again_seconds = ask_again_seconds
        self._wait_seconds = wait_seconds
        self._most_kept = most_kept
        self._most_asked = most_asked
        self._now = now
        self._kept: dict[Slot, _Kept] = {}
        self._asked: dict[Slot, asyncio.Task[SlotKeys | None]] = {}
        self._known = Lane("slots-known")
        self._unknown = Lane("slots-unknown")

    async def keys(self, slot: Slot) -> SlotKeys | None:
        """Give the tenant and live secrets of a slot, weak ones left out.

        Raises `StorageUnavailable` when nobody can say.
        """
        kept = self._kept.get(slot)
        if kept is not None:
            age = self._now() - kept.asked_at
            if age < self._ask_again_seconds:
                return kept.keys
            if age < self._keep_seconds:
                if self._may_ask(slot):
                    self._ask(slot)
                return kept.keys
        if not self._may_ask(slot):
            raise StorageUnavailable("too many slots are asked for")
        try:
            # Shielded, since others wait for the same answer.
            async with asyncio.timeout(self._wait_seconds):
                return await asyncio.shield(self._ask(slot))
        except TimeoutError:
            raise StorageUnavailable("slot not looked up in time") from None

    @property
    def waiting(self) -> int:
        """Count the slots that storage is asked for at this moment."""
        return len(self._asked)

    def close(self) -> None:
        self._known.close()
        self._unknown.close()

    def _is_known(self, slot: Slot) -> bool:
        kept = self._kept.get(slot)
        return kept is not None and kept.keys is not None

    def _may_ask(self, slot: Slot) -> bool:
        """Turn strangers away while the line is long: each of them costs memory until it is answered."""
        return slot in self._asked or len(self._asked) < self._most_asked or self._is_known(slot)

    def _ask(self, slot: Slot) -> asyncio.Task[SlotKeys | None]:
        task = self._asked.get(slot)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._answer(slot))
            self._asked[slot] = task
            task.add_done_callback(lambda done: self._answered(slot, done))
        return task

    async def _answer(self, slot: Slot) -> SlotKeys | None:
        lane = self._known if self._is_known(slot) else self._unknown
        asked_at = self._now()
        try:
            keys = await lane.run(self._look_up, slot)
        except StorageUnavailable:
            raise
        except PrivacyError as error:
            raise StorageUnavailable(f"slot not looked up ({type(error).__name__})") from error
        if keys is not None:
            keys = replace(keys, secrets=tuple(filter(signature.strong, keys.secrets)))
        self._kept.pop(slot, None)
        self._kept[slot] = _Kept(keys, asked_at)
        if len(self._kept) > self._most_kept:
            self._forget_one()
        return keys

    def _forget_one(self) -> None:
        """Forget a slot that nobody has, else the one asked for the longest ago."""
        oldest = next(iter(self._kept))
        for slot, kept in list(self._kept.items())[:100]:
            if kept.keys is None:
                oldest = slot
                break
        del self._kept[oldest]

    def _answered(self, slot: Slot, task: asyncio.Task[SlotKeys | None]) -> None:
        del self._asked[slot]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("slot_not_looked_up", error=type(error).__name__)
