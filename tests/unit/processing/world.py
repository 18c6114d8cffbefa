"""A tenant on real storage with a CRM in memory: events come in, turns are taken, time is moved."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from so_privacy_ext.errands import Consumer
from so_privacy_ext.model import (
    AssociateId,
    ContextIdentifier,
    Delivery,
    Event,
    EventId,
    PersonId,
    Slot,
    TenantId,
    TenantLists,
)
from so_privacy_ext.ports import Carrier, Ledgers
from so_privacy_ext.processing.drain import drain
from so_privacy_ext.processing.looking_up import look_up_due
from so_privacy_ext.processing.work import SLICE, Consult, Work
from so_privacy_ext.proof.chain import verify
from so_privacy_ext.rules.activation import ActiveManifest, resolve_what_stands
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage import journal, manifests, registers, reviews, tenants
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.turns import Turn, take
from tests.unit.processing.fake_crm import OWN, FakeCrm

NORDIC = Path(__file__).parents[3] / "manifests" / "rules" / "nordic-b2b.yaml"
KEY = DataKey(bytes(range(32)))


@dataclass
class FakeClock:
    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


def never() -> bool:
    return False


@dataclass
class World:
    dsn: str
    tenant_id: TenantId
    slot: Slot
    store: ReceivingStore
    clock: FakeClock
    crm: FakeCrm
    numbers: Iterator[int] = field(default_factory=itertools.count)
    bodies: dict[EventId, Delivery] = field(default_factory=dict)
    consult: Consult | None = None
    """The tenant's plugins."""
    consumers: Sequence[Consumer] = ()
    channels: Mapping[str, Carrier] = field(default_factory=dict)
    """What carries notices besides the CRM."""

    # Events

    def deliver(
        self,
        name: str,
        person_id: int,
        *,
        event_id: str | None = None,
        changes: Sequence[str] = (),
        by: AssociateId | None = None,
    ) -> EventId:
        one = EventId(event_id or f"e-{next(self.numbers)}")
        body = f"{one} {name} {person_id}".encode()
        event = Event(one, name, person_id, frozenset(changes), changed_by=by)
        delivery = Delivery(self.tenant_id, body, hashlib.sha256(body).digest(), event)
        self.bodies[one] = delivery
        self.store.store([delivery])
        return one

    def deliver_all(self, name: str, person_ids: Sequence[int]) -> None:
        deliveries = []
        for person_id in person_ids:
            one = EventId(f"e-{next(self.numbers)}")
            body = f"{one} {name} {person_id}".encode()
            event = Event(one, name, person_id)
            deliveries.append(Delivery(self.tenant_id, body, hashlib.sha256(body).digest(), event))
        self.store.store(deliveries)

    # Turns

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        turn = take(self.dsn, self.tenant_id, KEY)
        assert turn is not None
        with turn:
            self._move(turn)
            yield turn

    def _move(self, turn: Turn) -> None:
        """Move the time of the turn's connection to that of the world."""
        offset = f"{self.clock.offset.total_seconds()} s"
        turn.connection.execute("SELECT set_config('app.clock_offset', %s, false)", [offset])

    def work(
        self, turn: Turn, *, must_yield: Callable[[], bool] = never, ledgers: Ledgers | None = None
    ) -> Work:
        def manifest_of(digest: str) -> ActiveManifest:
            content = turn.manifest_of(digest)
            assert content is not None
            return ready(content, self.crm)

        active = turn.manifest()
        assert active is not None
        return Work(
            tenant=turn.tenant,
            manifest=manifest_of(active[1]),
            manifest_of=manifest_of,
            crm=self.crm,
            ledgers=ledgers or turn.ledgers,
            clock=self.clock,
            must_yield=must_yield,
            channels=self.channels,
            consult=self.consult,
            consumers=self.consumers,
        )

    @contextmanager
    def working(self, *, must_yield: Callable[[], bool] = never) -> Iterator[Work]:
        with self.turn() as turn:
            yield self.work(turn, must_yield=must_yield)

    def drain(self, limit: int = SLICE) -> None:
        """Drain in one turn until nothing is due."""
        with self.working() as work:
            drain_all(work, limit)

    def settle(self) -> None:
        """Drain and look up for so long that nothing is left to come by itself."""
        with self.turn() as turn:
            work = self.work(turn)
            for minutes in (3, 8, 5, 5):
                drain_all(work)
                look_up_due(work)
                self.advance(minutes=minutes)
                self._move(turn)

    def advance(self, **period: float) -> None:
        self.clock.offset += timedelta(**period)

    def activate(self, content: bytes, tell_from: datetime | None = None) -> str:
        with self.turn() as turn:
            manifests.activate(turn.session, turn.ledgers, content, who="test", tell_from=tell_from)
        return hashlib.sha256(content).hexdigest()

    # What stands

    def events(self, state: str | None = None) -> list[registers.ListedEvent]:
        with open_session(self.dsn, self.tenant_id) as session:
            return list(reversed(registers.events(session, state=state, limit=10_000)))

    def reasons(self) -> dict[EventId, str | None]:
        return {EventId(one.event_id): one.reason for one in self.events("done")}

    def reviews(self, person_id: int | None = None) -> list[tuple[int, str, str]]:
        person = None if person_id is None else PersonId(person_id)
        with open_session(self.dsn, self.tenant_id) as session:
            found = reviews.listed(session, person_id=person)
        return [(one.person_id, one.kind, one.subject) for one in found]

    def decisions(self, person_id: int) -> Sequence[registers.PastDecision]:
        with open_session(self.dsn, self.tenant_id) as session:
            return registers.decisions_of(session, PersonId(person_id), limit=100)

    def journal(self, kind: str | None = None) -> list[journal.Entry]:
        with open_session(self.dsn, self.tenant_id) as session:
            chain = journal.chain(session)
            assert verify(chain.links, head=chain.head) is None
            found = journal.latest(session, 10_000)
        return [one for one in found if kind in {None, one.kind}]

    def last_decision(self, person_id: int) -> dict[str, Any]:
        found = [one.content for one in self.journal("decision") if one.person_id == person_id]
        return dict(found[-1])

    def rows(self, table: str) -> list[dict[str, Any]]:
        with open_session(self.dsn, self.tenant_id) as session:
            return list(
                session.rows(f"SELECT * FROM {table} WHERE tenant_id = %(tenant_id)s ORDER BY 1, 2".encode())
            )


def drain_all(work: Work, limit: int = SLICE) -> None:
    for _ in range(1_000):
        if not drain(work, limit):
            return
    raise AssertionError("draining never ends")


_parsed = functools.cache(lambda content: parse(content, "test.yaml"))
_resolved: dict[tuple[bytes, int], tuple[TenantLists, ActiveManifest]] = {}


def ready(content: bytes, crm: FakeCrm) -> ActiveManifest:
    """Resolve a manifest once for each reading of the lists, as the product does."""
    lists = crm.lists()
    key = content, id(lists)
    if key not in _resolved:
        _resolved[key] = lists, resolve_what_stands(_parsed(content), lists)
    return _resolved[key][1]


_names = (f"Cust{number}" for number in itertools.count(10_000))


def make_world(dsn: str, store: ReceivingStore) -> World:
    """Add a tenant with the published manifest, who has told persons from the day before on."""
    added = tenants.add(
        dsn,
        KEY,
        environment="sandbox",
        context_identifier=ContextIdentifier(next(_names)),
        system_user_token=b"token",
    )
    clock = FakeClock()
    world = World(dsn, added.tenant_id, added.slot, store, clock, FakeCrm(clock.now))
    with open_session(dsn, added.tenant_id) as session:
        tenants.registered(session, added.slot, webhook_id=1, own_associate_id=AssociateId(OWN))
    world.activate(NORDIC.read_bytes(), tell_from=clock.now() - timedelta(days=1))
    return world


def with_tenant(work: Work, **changed: Any) -> Work:
    """Give the same work for a tenant that differs in something."""
    return replace(work, tenant=replace(work.tenant, **changed))
