"""Every tenth delivery lost, then an outage in which many change and the webhook is disabled."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg

from so_privacy_ext.model import WATCHDOG, Statement
from so_privacy_ext.storage import sweeps
from so_sandbox.demo_tenant import add_demo_tenant
from so_sandbox.world.changes import changed
from so_sandbox.world.subscribing import ACTIVE, TOO_MANY_ERRORS
from tests.chaos import ledger
from tests.chaos.accounts import Account, Findings
from tests.chaos.persons import enter, populate
from tests.chaos.product import Database
from tests.chaos.watched import WatchedTenant, WatchedWorld
from tests.house import House, until

SHARE_LOST = 0.1
_LONGEST = 1200.0
"""Seconds until everything is at rest; 500 persons take a minute or three at ten calls a second."""


@dataclass
class Outcome:
    """What came of it: breaches by name, and the figures that the statement is about."""

    findings: Findings = field(default_factory=Findings)
    lost: int = 0
    mended: int = 0
    busiest: int = 0
    stated: list[tuple[int, int, int]] = field(default_factory=list)
    """By tenant: persons that the sweep found, handled, and that the sandbox counts."""

    @property
    def right(self) -> bool:
        counts = all(found == handled == counted for found, handled, counted in self.stated)
        return not self.findings.counts and counts and self.busiest <= 10

    def as_json(self) -> dict[str, Any]:
        return {
            "breaches": dict(self.findings.counts),
            "examples": {name: found[:3] for name, found in self.findings.examples.items()},
            "deliveries_lost": self.lost,
            "webhooks_mended": self.mended,
            "busiest_second": self.busiest,
            "stated": self.stated,
        }


class Outage:
    """Some tenants of one house; all persons come while we receive, and change while we don't."""

    def __init__(self, house: House, names: Sequence[str], persons: int, seed: int) -> None:
        self.house = house
        self.tenants = [cast("WatchedTenant", house.install(name)) for name in names]
        for tenant in self.tenants:
            tenant.history.installed = True
        self._rng = random.Random(seed)
        self.lives = {
            tenant.context_identifier: populate(self._rng, persons, 1.0, known=0.0, shared=0.1)
            for tenant in self.tenants
        }

    def run(self, say: Callable[[str], None]) -> Outcome:
        """Let it happen, and compare what stands with the oracle."""
        outcome, dispatcher = Outcome(), self.house.sandbox.dispatcher
        with self.house.worker():
            say("persons enter, and every tenth delivery is lost")
            dispatcher.lose(SHARE_LOST, seed=self._rng.randrange(1000))
            self._enter()
            self._rest()
            dispatcher.lose(0.0)
            outcome.lost = sum(one.state == "lost" for one in dispatcher.log)
            say("nobody receives; all persons change, and some get an address")
            self.house.shut()
            self._change()
            dispatcher.wait_idle(300)
            assert all(self._hook_state(one) == TOO_MANY_ERRORS for one in self.tenants)
            self.house.open()
            say("we are back, and the watchdog's time comes")
            self.house.rows("UPDATE due SET at = now() WHERE kind = %s", WATCHDOG)
            until(self._mended, "the webhooks are not mended", _LONGEST)
            self._rest()
        outcome.mended = sum(self._hook_state(one) == ACTIVE for one in self.tenants)
        self._compare(outcome)
        return outcome

    def _enter(self) -> None:
        for tenant in self.tenants:
            for life in self.lives[tenant.context_identifier]:
                enter(tenant, life, self._rng)

    def _change(self) -> None:
        for tenant in self.tenants:
            lives = self.lives[tenant.context_identifier]
            with tenant.change():  # a mass update is one transaction
                for life in lives:
                    tenant.change_person(life.person_id, title="Everybody's new title")
            for life in lives:
                if not life.address:
                    tenant.add_email(life.person_id, f"late{life.number}@example.com", primary=True)
            # What no event tells of is looked at by the sweep: the oracle may count on that.
            for life in lives:
                tenant.history.told[life.person_id].append(tenant.history.next())

    def _hook_state(self, tenant: WatchedTenant) -> int:
        return self.house.hook(tenant.context_identifier).state

    def _mended(self) -> bool:
        return all(self._statement(one) is not None for one in self.tenants)

    def _statement(self, tenant: WatchedTenant) -> Statement | None:
        with self.house.app.session(self.house.summary(tenant.context_identifier)) as session:
            found = sweeps.statements(session, limit=20)
        return next((one for one in found if one.why == "too_many_errors"), None)

    def _rest(self) -> None:
        def at_rest() -> bool:
            idle = self.house.sandbox.dispatcher.wait_idle(5)
            owed = "SELECT count(*) FROM inbox WHERE state = 'open'"
            return idle and self.house.rows(owed) == [(0,)]

        for _ in range(2):  # an echo may have been on its way
            until(at_rest, "events stay open", _LONGEST)

    def _compare(self, outcome: Outcome) -> None:
        kept = ledger.read(cast("Database", _Read(self.house)))
        for tenant in self.tenants:
            name = tenant.context_identifier
            account = Account(tenant, kept[name], self.lives[name], outcome.findings)
            account.settle_persons()
            account.settle_outbox()
            account.settle_effects()
            outcome.busiest = max(outcome.busiest, self.house.world.calls.busiest_second(name))
            stated = self._statement(tenant)
            assert stated is not None
            own = self.house.hook(name).registered_associate_id
            counted = changed(tenant, stated.since, stated.until, not_by=own)
            outcome.stated.append((stated.found, stated.handled, len(counted)))


class _Read:
    """A house's database, as the ledger reads it."""

    def __init__(self, house: House) -> None:
        self._dsn = house.dsn

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with psycopg.connect(self._dsn, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
            connection.execute("SET search_path = so_privacy")
            return connection.execute(statement.encode()).fetchall()


@contextmanager
def outage(dsn: str, folder: Any, *, tenants: int, persons: int, seed: int) -> Iterator[Outage]:
    """Prepare an outage on a database of its own."""
    world = WatchedWorld()
    names = [f"Cust{75001 + number}" for number in range(tenants)]
    for name in names:
        add_demo_tenant(world, name)
    with ExitStack() as stack:
        house = House(dsn, folder, speed=20.0, paced=True, world=world)
        stack.callback(house.close)
        yield Outage(house, names, persons, seed)
