"""The whole make-believe SuperOffice of one process."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from so_sandbox.world.applications import Application
from so_sandbox.world.call_log import CallLog
from so_sandbox.world.clock import Clock
from so_sandbox.world.events import Event
from so_sandbox.world.faults import Faults
from so_sandbox.world.rows import Webhook
from so_sandbox.world.surroundings import Surroundings
from so_sandbox.world.switches import Switches
from so_sandbox.world.tables import Tables
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.tickets import Ticket, Tickets

Listener = Callable[[Tenant, Event], None]
TestDelivery = Callable[[Tenant, Webhook], tuple[bool, str]]


def nobody_delivers(tenant: Tenant, webhook: Webhook) -> tuple[bool, str]:
    """Stand in for the dispatcher until one is installed."""
    return False, f"no dispatcher runs that could reach {webhook.target_url} for {tenant.context_identifier}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of all tenants, tickets, switches and the clock; opaque."""

    content: bytes


class World:
    """Tenants, applications, tickets, the clock, the switches, the faults and the log of calls."""

    def __init__(self) -> None:
        self.surroundings = Surroundings()
        self.tenants: dict[str, Tenant] = {}
        self.applications: dict[str, Application] = {}
        self.tickets = Tickets()
        self.faults = Faults()
        self.calls = CallLog()
        self.schema_violations: list[str] = []
        self.listeners: list[Listener] = []
        self.test_delivery: TestDelivery = nobody_delivers

    @property
    def lock(self) -> threading.RLock:
        return self.surroundings.lock

    @property
    def clock(self) -> Clock:
        return self.surroundings.clock

    @property
    def switches(self) -> Switches:
        return self.surroundings.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self.surroundings.switches = switches

    def add_tenant(self, context_identifier: str) -> Tenant:
        """Add an empty tenant; its events reach the world's listeners too."""
        with self.lock:
            if self.tenant(context_identifier) is not None:
                raise ValueError(f"there is a tenant {context_identifier} already")
            tenant = Tenant(context_identifier, self.surroundings, number=len(self.tenants) + 1)
            tenant.listeners.append(lambda _, event: self._tell(tenant, event))
            self.tenants[context_identifier] = tenant
            return tenant

    def tenant(self, context_identifier: str) -> Tenant | None:
        """Find a tenant by its name, in any case."""
        exact = self.tenants.get(context_identifier)
        if exact is not None:
            return exact
        folded = context_identifier.casefold()
        return next((t for name, t in self.tenants.items() if name.casefold() == folded), None)

    def application_of(self, application_token: str) -> Application | None:
        for application in self.applications.values():
            if application.application_token == application_token:
                return application
        return None

    def settle(self) -> None:
        """Do what has become due since the last look."""
        for tenant in tuple(self.tenants.values()):
            tenant.settle()

    def snapshot(self) -> Snapshot:
        """Copy all state; faults, the call log and listeners are not part of it."""
        with self.lock:
            tables: dict[str, Tables] = {name: tenant.tables for name, tenant in self.tenants.items()}
            state = (tables, self.tickets.out, self.switches, self.clock.offset)
            return Snapshot(pickle.dumps(state))

    def restore(self, snapshot: Snapshot) -> None:
        """Bring back a snapshot; tenants added since are gone, no event tells of it."""
        tables: dict[str, Tables]
        out: dict[str, Ticket]
        switches: Switches
        offset: timedelta
        tables, out, switches, offset = pickle.loads(snapshot.content)  # noqa: S301  # our own bytes
        with self.lock:
            for name in set(self.tenants) - set(tables):
                del self.tenants[name]
            for name, kept in tables.items():
                tenant = self.tenants.get(name) or self.add_tenant(name)
                tenant.tables = kept
            self.tickets.out, self.switches, self.clock.offset = out, switches, offset

    def restore_tenant(self, tenant: Tenant, snapshot: Snapshot) -> None:
        """Rewind one tenant as a backup does: rows, webhooks and ids to come; no event tells of it.

        What the CRM's database does not hold stays: who is let in, mails that have gone, state and host.
        """
        tables: dict[str, Tables] = pickle.loads(snapshot.content)[0]  # noqa: S301  # our own bytes
        kept = tables.get(tenant.context_identifier)
        if kept is None:
            raise ValueError(f"the snapshot has no tenant {tenant.context_identifier}")
        with self.lock:
            now = tenant.tables
            kept.authorizations, kept.outbox = now.authorizations, now.outbox
            kept.state, kept.states_to_come, kept.host, kept.denied = (
                now.state, now.states_to_come, now.host, now.denied,
            )  # fmt: skip
            for leave in kept.authorizations.values():
                kept.associates.setdefault(leave.associate_id, now.associates[leave.associate_id])
            tenant.tables = kept
            self.tickets.expire(tenant.context_identifier)

    def reset(self) -> None:
        """Forget tenants, applications, tickets, faults and logs; switches and clock are as at first."""
        with self.lock:
            self.tenants.clear()
            self.applications.clear()
            self.tickets.out.clear()
            self.faults.clear()
            self.calls.clear()
            self.schema_violations.clear()
            self.switches = Switches()
            self.clock.offset = timedelta(0)

    def _tell(self, tenant: Tenant, event: Event) -> None:
        for listener in tuple(self.listeners):
            listener(tenant, event)
