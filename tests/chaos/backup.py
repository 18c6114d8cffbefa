"""A tenant is set back to a backup, and no news tells of it: nobody is taken for another or told twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from so_sandbox.demo_tenant import add_demo_tenant
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World
from tests.house import House, until

_NAME = "Cust76001"
_PERSONS = 40
_LONGEST = 300.0


def set_back(dsn: str, folder: Path, say: Callable[[str], None]) -> dict[str, int]:
    """Give what is wrong at the end, by name: empty when all is as it must be."""
    world = World()
    add_demo_tenant(world, _NAME)
    house = House(dsn, folder, speed=20.0, paced=True, world=world)
    try:
        return _Story(house).tell(say)
    finally:
        house.close()


class _Story:
    def __init__(self, house: House) -> None:
        self._house = house
        self._tenant: Tenant = house.install(_NAME)

    def tell(self, say: Callable[[str], None]) -> dict[str, int]:
        with self._house.worker():
            say("persons enter, and a backup is taken in between")
            self._enter("before")
            self._rest()
            backup = self._house.world.snapshot()
            lost = self._enter("lost")
            self._rest()
            say("the tenant is set back, and other persons are given the same numbers")
            self._house.world.restore_tenant(self._tenant, backup)
            assert set(self._enter("after")) == set(lost)
            self._rest()
        told = Counter(mail.to for mail in self._tenant.tables.outbox)
        expected = {
            f"{when}{one}@example.com" for when in ("before", "lost", "after") for one in range(_PERSONS)
        }
        standing = [row for one in self._tenant.tables.persons for row in self._tenant.consents(one)]
        wrong = {
            "epochs": self._house.rows("SELECT epoch FROM tenant") != [(2,)],
            "told_twice": sum(times > 1 for times in told.values()),
            "not_told": len(expected - told.keys()),
            "consents_not_written": sum(not row.comment.startswith("so-privacy ") for row in standing),
        }
        return {name: count for name, count in wrong.items() if count}

    def _enter(self, when: str) -> list[int]:
        return [
            self._tenant.create_person(
                channel="USER", source="CARD", emails=[f"{when}{one}@example.com"], firstname=f"{when}{one}"
            ).person_id
            for one in range(_PERSONS)
        ]

    def _rest(self) -> None:
        owed = "SELECT count(*) FROM inbox WHERE state = 'open'"
        wind = "UPDATE inbox SET not_before = so_now() WHERE state = 'open' AND not_before > so_now()"

        def at_rest() -> bool:
            self._house.rows(wind)
            return self._house.sandbox.dispatcher.wait_idle(5) and self._house.rows(owed) == [(0,)]

        for _ in range(2):  # an echo may have been on its way
            until(at_rest, "events stay open", _LONGEST)
