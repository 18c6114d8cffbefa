"""Turns a tenant's events into deliveries and keeps the log of them."""

from __future__ import annotations

import itertools
import random
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, local

from so_sandbox.courier import Courier
from so_sandbox.deliveries import Delivery, event_body, new_event_id, renamed, test_body
from so_sandbox.law import ACTIVE, Verdict
from so_sandbox.posting import PostError, refusal
from so_sandbox.world.events import Event
from so_sandbox.world.rows import Webhook
from so_sandbox.world.subscribing import state_event
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World, nobody_delivers

KEPT = 200_000
"""Deliveries in the log."""


class Dispatcher:
    """Listens to every tenant of a world; safe to use from any thread.

    `concurrency` is the number of events that one webhook is brought at a time, retries included: with 1 nine
    failures in a row are three events tried three times, as the vendor counts.
    """

    def __init__(
        self,
        world: World,
        *,
        speed: float = 1.0,
        timeout: float = 10.0,
        concurrency: int = 1,
        ca_file: str | None = None,
    ) -> None:
        self.log: deque[Delivery] = deque(maxlen=KEPT)
        self._world = world
        self._ids = itertools.count(1)
        self._open = 0
        self._settled = Condition()
        self._silent = local()
        self._share = 0.0
        self._chance = random.Random(0)
        self._courier = Courier(
            switches=lambda: world.switches,
            settled=self._note_settled,
            followed=self._follow,
            speed=speed,
            timeout=timeout,
            concurrency=concurrency,
            ca_file=ca_file,
        )

    def start(self) -> None:
        """Start to carry, and listen to the world."""
        self._courier.start()
        self._world.listeners.append(self.on_event)
        self._world.test_delivery = self.test

    def stop(self) -> None:
        """Stop at once; what is queued stays undelivered."""
        self._world.listeners.remove(self.on_event)
        self._world.test_delivery = nobody_delivers
        self._courier.stop()

    def on_event(self, tenant: Tenant, event: Event) -> None:
        """Queue an event for each active webhook that wants it."""
        if not getattr(self._silent, "here", False):
            self._tell(tenant, event)

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Tell nobody of what this thread changes meanwhile."""
        self._silent.here = True
        try:
            yield
        finally:
            self._silent.here = False

    def again(
        self,
        deliveries: Iterable[Delivery],
        *,
        fresh: bool = False,
        retry: int = 1,
        signature: str | None = None,
    ) -> list[Delivery]:
        """Send deliveries once more, each once; `fresh` gives them a new EventId."""
        copies = []
        for old in deliveries:
            tenant = self._world.tenant(old.context_identifier)
            if tenant is None:
                continue
            copy = self._copy(tenant, old, fresh=fresh)
            copy.once, copy.first_retry, copy.signature = True, 0 if fresh else retry, signature
            copies.append(copy)
            self._queue(tenant, copy)
        return copies

    def forge(
        self,
        tenant: Tenant,
        webhook_id: int,
        body: bytes,
        *,
        event: str = "person.changed",
        event_id: str | None = None,
        retry: int = 0,
        signature: str | None = None,
    ) -> Delivery:
        """Send any body once; it is rightly signed unless a signature is given."""
        forged = self._new(tenant, webhook_id, event, 0, event_id=event_id or new_event_id(), body=body)
        forged.once, forged.first_retry, forged.signature = True, retry, signature
        self._queue(tenant, forged)
        return forged

    def test(self, tenant: Tenant, webhook: Webhook) -> tuple[bool, str]:
        """Send a test event and wait: True for exactly status 200, with the target's headers and body."""
        reason = refusal(webhook.target_url)
        if reason is not None:
            return False, reason
        body = test_body(webhook, self._world.clock.now(), webhook.registered_associate_id)
        probe = self._new(tenant, webhook.webhook_id, "test", 0, event_id=new_event_id(), body=body)
        probe.once = True
        self.log.append(probe)
        attempt, message = self._courier.wait_for(self._courier.send(webhook, probe))
        probe.state = "delivered" if attempt.good else "failed"
        if attempt.good:
            webhook.consecutive_errors = 0
        return attempt.good, message

    def post(self, url: str, body: bytes) -> tuple[int | None, str]:
        """Post JSON to an address once and wait: its status, or none and what went wrong."""
        reason = refusal(url)
        if reason is not None:
            return None, reason
        try:
            return self._courier.wait_for(self._courier.post(url, body)), ""
        except PostError as failure:
            return None, str(failure)

    def wait_idle(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is queued, on its way or waiting for its next try."""
        with self._settled:
            return self._settled.wait_for(lambda: self._open == 0, timeout)

    def wait_settled(self, deliveries: Sequence[Delivery], timeout: float) -> bool:
        """Wait until these are settled, whatever else is queued."""
        with self._settled:
            return self._settled.wait_for(lambda: all(one.state != "queued" for one in deliveries), timeout)

    @property
    def open(self) -> int:
        """How many deliveries are not settled yet."""
        return self._open

    def pause(self) -> None:
        """Begin no more attempts until `resume`."""
        self._courier.pause()

    def resume(self) -> None:
        self._courier.resume()

    def hang_up(self) -> None:
        """Close the connections that are kept, so that a target which is about to end need not wait."""
        self._courier.hang_up()

    def lose(self, share: float, *, seed: int = 0) -> None:
        """Lose this share of all new deliveries of events, 0 to 1, in silence: they are in the log alone."""
        if not 0 <= share <= 1:
            raise ValueError("the share that is lost is between 0 and 1")
        self._share, self._chance = share, random.Random(seed)

    def clear(self) -> None:
        """Forget the log and what is queued."""
        self.log.clear()
        self._courier.drop_all()

    def _tell(self, tenant: Tenant, event: Event) -> None:
        wanted = event.subscribed_as or event.name
        for webhook in tuple(tenant.tables.webhooks.values()):
            if webhook.state == ACTIVE and wanted in webhook.events:
                event_id = new_event_id()
                body = event_body(event, webhook, tenant.context_identifier, event_id)
                told = self._new(
                    tenant, webhook.webhook_id, event.name, event.primary_key, event_id=event_id, body=body
                )
                told.header_event = wanted
                if self._share and self._chance.random() < self._share:
                    told.state = "lost"
                    self.log.append(told)
                else:
                    self._queue(tenant, told)

    def _new(
        self, tenant: Tenant, webhook_id: int, event: str, primary_key: int, *, event_id: str, body: bytes
    ) -> Delivery:
        name = tenant.context_identifier
        return Delivery(next(self._ids), name, webhook_id, event, primary_key, event_id, time.time(), body)

    def _copy(self, tenant: Tenant, old: Delivery, *, fresh: bool) -> Delivery:
        event_id = new_event_id() if fresh else old.event_id
        body = renamed(old.body, event_id) if fresh else old.body
        return self._new(tenant, old.webhook_id, old.event, old.primary_key, event_id=event_id, body=body)

    def _queue(self, tenant: Tenant, delivery: Delivery) -> None:
        self.log.append(delivery)
        with self._settled:
            self._open += 1
        self._courier.carry(tenant, delivery)

    def _follow(self, tenant: Tenant, webhook: Webhook, delivery: Delivery, verdict: Verdict) -> None:
        if verdict is Verdict.REQUEUE:
            self._queue(tenant, self._copy(tenant, delivery, fresh=True))
        if verdict is Verdict.STOP:
            self._tell(tenant, state_event(webhook, "errors", self._world.clock.now()))

    def _note_settled(self, delivery: Delivery) -> None:  # noqa: ARG002 - the courier tells which; we count
        with self._settled:
            self._open -= 1
            self._settled.notify_all()
