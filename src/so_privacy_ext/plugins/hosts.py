"""The plugins' processes of this one: started when needed, asked one at a time, ended when nobody asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import TenantId
from so_privacy_ext.plugins.calls import Calls
from so_privacy_ext.plugins.described import Description, asks_for_more
from so_privacy_ext.plugins.found import Found, found, not_installed
from so_privacy_ext.plugins.process import Process, Reply
from so_privacy_ext.plugins.troubles import HOW, Kind, PluginFailed, Trouble

MOST = 16
"""Processes at once; one more ends the one that was asked longest ago."""
IDLE = 300.0
"""Seconds after which a process that nobody asks ends."""
REST = 300.0
"""Seconds for which a plugin rests after failures."""
FAILURES = 3
"""In a row, after which it rests."""
_LATER = 30.0
"""Seconds after which an idle process ends by itself, if nobody here has looked at it meanwhile."""
_HOUR = 3600.0


REACT = "react"
"""To be told of something afterwards."""
CARRY = "carry"
"""To send a letter."""


@dataclass(slots=True)
class _Lane:
    """What of a plugin fails and rests together."""

    failures: int = 0
    rests_until: float = 0.0


@dataclass(slots=True)
class _Seat:
    """One plugin's place for one tenant."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    process: Process | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    asked_at: float = 0.0
    answers: _Lane = field(default_factory=_Lane)
    reactions: _Lane = field(default_factory=_Lane)
    """Apart, so that what is told afterwards costs no answer, and no answer hides that it hangs."""
    letters: _Lane = field(default_factory=_Lane)
    """Apart too: a mail server that is down keeps no rule from its answer."""

    def lane(self, do: str) -> _Lane:
        """Give what fails and rests together with a call."""
        return {REACT: self.reactions, CARRY: self.letters}.get(do, self.answers)

    told: dict[Kind, float] = field(default_factory=dict)
    """When a trouble of a kind was last told of."""

    def end(self) -> None:
        if self.process is not None:
            self.process.end()
            self.process = None


class Hosts:
    """Keeps the plugins' processes; to be shared by all threads, and closed at the end."""

    def __init__(
        self,
        *,
        most: int = MOST,
        idle: float = IDLE,
        clock: Callable[[], float] = time.monotonic,
        plugins: Callable[[], Mapping[str, Found]] = found,
    ) -> None:
        self._most = most
        self._idle = idle
        self._clock = clock
        self._plugins = plugins
        self._lock = threading.Lock()
        self._seats: dict[tuple[TenantId, str], _Seat] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def describe(self, name: str) -> Description:
        """Start a plugin for nobody, and give what it says of itself; raises `Refused`."""
        return self._tried(name, None)

    def try_settings(self, description: Description, settings: Mapping[str, Any]) -> None:
        """Have a plugin's own model read settings; raises `Refused`."""
        self._tried(description.name, settings)

    def _tried(self, name: str, settings: Mapping[str, Any] | None) -> Description:
        plugins = self._plugins()
        if name not in plugins:
            raise not_installed(name, plugins)
        try:
            with self._started(plugins[name], settings) as process:
                return process.description
        except PluginFailed as failed:
            first = failed.troubles[0]
            code = f"plugin_{first.kind}"
            raise Refused(code, first.what, first.how, Exit.BAD_DATA, where=name) from None

    def _started(self, plugin: Found, settings: Mapping[str, Any] | None) -> Process:
        if plugin.mistake:
            how = "uninstall one of them"
            raise PluginFailed(Trouble(plugin.name, Kind.NO_START, plugin.mistake, how))
        return Process(plugin, settings, idle=self._idle + _LATER)

    def ask(
        self,
        tenant_id: TenantId,
        agreed: Description,
        settings: Mapping[str, Any],
        *,
        do: str,
        content: Any,
        persons: int,
        calls: Calls | None = None,
    ) -> Reply:
        """Ask a plugin for a tenant, in one time-box; raises `PluginFailed`, and what a call of it raises."""
        seat = self._seat(tenant_id, agreed.name)
        lane, asked = seat.lane(do), False
        with seat.lock:
            if self._clock() < lane.rests_until:
                what = f"it rests after {FAILURES} failures in a row"
                raise PluginFailed(Trouble(agreed.name, Kind.RESTING, what, HOW[Kind.RESTING]))
            try:
                process = self._running(seat, agreed, settings)
                asked = True
                reply = process.ask(do, content, persons, calls)
            except PluginFailed as failed:
                failed.asked = asked
                seat.end()
                self._count(lane)
                raise
            except BaseException:
                seat.end()  # it waits for an answer that doesn't come
                raise
            finally:
                seat.asked_at = self._clock()
            if calls is not None and calls.failure is not None:
                return reply
            if reply.troubles:
                self._count(lane)
            else:
                lane.failures = 0
            return reply

    def _count(self, lane: _Lane) -> None:
        lane.failures += 1
        if lane.failures >= FAILURES:
            lane.failures = 0
            lane.rests_until = self._clock() + REST

    def _seat(self, tenant_id: TenantId, name: str) -> _Seat:
        """Give the place, after those that nobody uses have been left."""
        now = self._clock()
        with self._lock:
            mine = self._seats.setdefault((tenant_id, name), _Seat())
            running = sorted(
                (one for one in self._seats.values() if one.process and one is not mine),
                key=lambda one: one.asked_at,
            )
            too_many = len(running) + 1 - self._most
            for place, one in enumerate(running):
                if (place < too_many or now - one.asked_at > self._idle) and one.lock.acquire(blocking=False):
                    try:
                        one.end()
                    finally:
                        one.lock.release()
            return mine

    def _running(self, seat: _Seat, agreed: Description, settings: Mapping[str, Any]) -> Process:
        idle = self._clock() - seat.asked_at
        if seat.process is not None and seat.settings == settings and idle <= self._idle:
            return seat.process
        seat.end()
        plugin = self._plugins().get(agreed.name)
        if plugin is None:
            what = "its package is not installed any more"
            raise PluginFailed(Trouble(agreed.name, Kind.MISSING, what, HOW[Kind.MISSING]))
        try:
            process = self._started(plugin, settings)
        except Refused as refused:
            raise PluginFailed(
                Trouble(agreed.name, Kind.NO_START, f"{refused.code}: {refused.what}", refused.how)
            ) from None
        more = asks_for_more(agreed, process.description)
        if more:
            process.end()
            what = (
                f"version {process.description.version} asks for more than was agreed to: {', '.join(more)}"
            )
            raise PluginFailed(Trouble(agreed.name, Kind.CHANGED, what, HOW[Kind.CHANGED]))
        seat.process, seat.settings = process, dict(settings)
        return process

    def is_news(self, tenant_id: TenantId, trouble: Trouble) -> bool:
        """Tell whether nothing of its kind was told of in the last hour; it counts as told from now on."""
        now = self._clock()
        seat = self._seat(tenant_id, trouble.plugin)
        with seat.lock:
            last = seat.told.get(trouble.kind)
            if last is not None and now - last < _HOUR:
                return False
            seat.told[trouble.kind] = now
            return True

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            seats = list(self._seats.values())
            self._seats.clear()
        for seat in seats:
            with seat.lock:
                seat.end()
