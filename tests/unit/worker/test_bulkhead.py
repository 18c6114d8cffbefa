"""A tenant whose CRM is slow has one thread of a worker, and no other tenant waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.unit.processing.world import World
from tests.unit.worker.test_worker import Running, until


@pytest.mark.row("F47")
def test_one_slow_tenant_of_twenty_holds_up_none_of_the_others(make: Callable[[], World]) -> None:
    worlds = [make() for _ in range(20)]
    slow, others = worlds[0], worlds[1:]
    answered = threading.Event()

    def dawdle() -> None:
        answered.wait(60)

    slow.crm.on("read_persons", times=1000, after=dawdle)
    for world in worlds:
        world.crm.add(1)
        world.deliver("person.created", 1)
    try:
        with Running(*worlds, threads=2)():
            until(lambda: slow.crm.count("read_persons"))
            until(lambda: all(one.crm.outbox for one in others))
            for world in others:  # and again, while the first still waits
                world.crm.add(2)
                world.deliver("person.created", 2)
            until(lambda: all(len(one.crm.outbox) == 2 for one in others))
            assert not slow.crm.outbox
            assert slow.crm.count("read_persons") == 1
            answered.set()
            until(lambda: slow.crm.outbox)
    finally:
        answered.set()
