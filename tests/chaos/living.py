"""Lets the persons of all tenants be born, change their minds, be edited, merged and deleted, in time."""

from __future__ import annotations

import heapq
import random
import threading
import time
from dataclasses import dataclass, field

from so_sandbox.dispatcher import Dispatcher
from tests.chaos.persons import Life, befall, enter, populate
from tests.chaos.plan import Plan
from tests.chaos.watched import WatchedTenant

_AT_ONCE = 0.25
"""Share of happenings that follow the one before within three seconds: between a read and a write."""


@dataclass(order=True, slots=True)
class _Happening:
    at: float
    number: int
    life: Life = field(compare=False)


class Living:
    """One tenant's persons, lived by a thread of its own."""

    def __init__(self, tenant: WatchedTenant, plan: Plan, seed: int) -> None:
        self.tenant = tenant
        self._plan = plan
        self._rng = random.Random(seed)
        births = plan.seconds * 0.6
        self.lives = populate(
            self._rng, plan.persons, births, known=plan.known_before, shared=plan.shared_addresses
        )
        self._thread = threading.Thread(target=self._run, name=f"living-{tenant.context_identifier}")
        self._begun = 0.0
        self.done = 0

    def enter_the_known(self, dispatcher: Dispatcher) -> None:
        """Have those enter who are in the CRM before we are installed; nobody is told."""
        with dispatcher.silence():
            for life in self.lives:
                if life.born < 0:
                    enter(self.tenant, life, self._rng)

    def begin(self) -> None:
        self._begun = time.monotonic()
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        rng, until = self._rng, self._plan.seconds * 0.9
        coming: list[_Happening] = []
        for number, life in enumerate(self.lives):
            first = rng.uniform(0.0, until) if life.born < 0 else life.born
            heapq.heappush(coming, _Happening(first, number, life))
        number = len(self.lives)
        while coming:
            happening = heapq.heappop(coming)
            time.sleep(max(0.0, self._begun + happening.at - time.monotonic()))
            life = happening.life
            with self.tenant.change():
                if life.person_id:
                    others = rng.sample(self.lives, min(5, len(self.lives)))
                    befall(self.tenant, life, others, rng)
                else:
                    enter(self.tenant, life, self._rng)
            self.done += 1
            if rng.random() < self._plan.more:
                wait = rng.uniform(0.0, 3.0) if rng.random() < _AT_ONCE else rng.expovariate(1 / 25.0)
                number += 1
                if happening.at + wait < until:
                    heapq.heappush(coming, _Happening(happening.at + wait, number, life))
