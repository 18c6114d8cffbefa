"""Keeps two web processes and two workers alive, and strikes them: kill -9, freezing, failpoints."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle

from tests.chaos import failpoints
from tests.chaos.plan import Plan
from tests.chaos.product import Database, Product, end

_KINDS = ("web", "web", "worker", "worker")
_PAUSE_AFTER_FAILURE = 0.3
_LOOK = 0.02
_UNAVAILABLE = 69
"""A process that is started while the database is down says so and ends."""


@dataclass(slots=True)
class _Place:
    kind: str
    process: subprocess.Popen[bytes] | None = None
    failpoint: str = ""
    frozen_until: float = 0.0
    start_at: float = 0.0


def _turns(points: dict[str, str], plan: Plan) -> Iterator[str] | None:
    """Take the points that the plan wants in turn."""
    wanted = [one for one in failpoints.names(points) if plan.failpoints is None or one in plan.failpoints]
    return cycle(wanted) if wanted else None


class Herd:
    """The product's processes; every death is noted and followed by a new start."""

    def __init__(self, product: Product, database: Database, plan: Plan, seed: int) -> None:
        self._product = product
        self._database = database
        self._plan = plan
        self._rng = random.Random(seed)
        self._places = [_Place(kind) for kind in _KINDS]
        self._points = {"worker": _turns(failpoints.WORKER, plan), "web": _turns(failpoints.WEB, plan)}
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._under_fire = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper")
        self._nemesis = threading.Thread(target=self._strike, name="nemesis")
        self.kills: Counter[str] = Counter()
        self.points_hit: Counter[str] = Counter()
        self.stops = 0
        self.unexpected: list[str] = []
        """Ends that nobody asked for."""

    def begin(self) -> None:
        self._keeper.start()

    def begin_striking(self) -> None:
        self._under_fire.set()
        if self._plan.failpoints:
            with self._guard:  # who is there already has none
                for place in self._places:
                    if self._points[place.kind] is not None:
                        self._signal(place, signal.SIGKILL)
        self._nemesis.start()

    def end_striking(self) -> None:
        """Strike no more, thaw who is frozen, and start everybody without failpoints."""
        self._under_fire.clear()
        self._nemesis.join()
        with self._guard:
            for place in self._places:
                if place.frozen_until:
                    self._signal(place, signal.SIGCONT)
                    place.frozen_until = 0.0
                if place.failpoint and place.process is not None:
                    self._signal(place, signal.SIGKILL)

    def end(self) -> None:
        self._stop.set()
        self._keeper.join()
        for place in self._places:
            if place.process is not None:
                end(place.process)

    @property
    def killed(self) -> int:
        return sum(self.kills.values())

    def _keep(self) -> None:
        while not self._stop.wait(_LOOK):
            with self._guard:
                for place in self._places:
                    self._look_after(place)

    def _look_after(self, place: _Place) -> None:
        now = time.monotonic()
        if place.process is None:
            if now >= place.start_at:
                place.failpoint = self._failpoint(place.kind)
                place.process = self._product.spawn(place.kind, place.failpoint or None)
            return
        if place.frozen_until and now > place.frozen_until:
            self._signal(place, signal.SIGCONT)
            place.frozen_until = 0.0
        code = place.process.poll()
        if code is None:
            return
        if code == -signal.SIGKILL:
            self.kills[place.kind] += 1
            if place.failpoint and place.failpoint != "struck":
                self.points_hit[place.failpoint.rpartition(":")[0]] += 1
        else:
            if code != _UNAVAILABLE:
                said = self._product.last_words(place.kind)
                self.unexpected.append(f"{place.kind} ended with {code}: {said}")
            place.start_at = now + _PAUSE_AFTER_FAILURE
        place.process, place.frozen_until = None, 0.0

    def _failpoint(self, kind: str) -> str:
        """Arm every other start under fire with the next point in turn."""
        points = self._points[kind]
        if points is None or not self._under_fire.is_set() or kind not in self._plan.only:
            return ""
        if self._plan.failpoints is None and self._rng.random() < 0.5:
            return ""
        return f"{next(points)}:{self._rng.choice((1, 1, 2, 3, 5, 8, 13))}"

    def _strike(self) -> None:
        """Strike at random, with the pace that the plan asks for; the database and the clock's hands too."""
        plan, rng = self._plan, self._rng
        begun = time.monotonic()
        crashes = [begun + plan.seconds * (n + 0.7) / (plan.crashes + 1) for n in range(plan.crashes)]
        freezes = [begun + plan.seconds * (n + 0.4) / (plan.stops + 1) for n in range(plan.stops)]
        while self._under_fire.is_set() and time.monotonic() < begun + plan.seconds:
            due = begun + plan.kill_every * (self.killed + 1)
            time.sleep(min(0.25, max(0.02, due - time.monotonic())))
            if crashes and time.monotonic() > crashes[0]:
                crashes.pop(0)
                self._database.crash()
            if freezes and time.monotonic() > freezes[0]:
                freezes.pop(0)
                self._freeze(rng.choice((1.0, 3.0, 7.0, 9.0)))
            if plan.kills and time.monotonic() >= due:
                self._kill_some()

    def _kill_some(self) -> None:
        with self._guard:
            there = [
                place for place in self._places if place.process is not None and place.kind in self._plan.only
            ]
            struck = self._rng.sample(there, min(len(there), self._rng.choice((1, 1, 1, 1, 2))))
            for place in struck:
                place.failpoint = "struck"
                self._signal(place, signal.SIGKILL)

    def _freeze(self, seconds: float) -> None:
        with self._guard:
            workers = [one for one in self._places if one.kind == "worker" and one.process is not None]
            if workers:
                place = self._rng.choice(workers)
                place.frozen_until = time.monotonic() + seconds
                self._signal(place, signal.SIGSTOP)
                self.stops += 1

    def _signal(self, place: _Place, number: signal.Signals) -> None:
        if place.process is not None:
            with suppress(ProcessLookupError):
                place.process.send_signal(number)
