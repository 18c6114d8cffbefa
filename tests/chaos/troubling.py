"""Brings deliveries again and out of order, and forges some."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections import Counter
from typing import Any
from uuid import uuid4

from so_sandbox.deliveries import Delivery, signature
from so_sandbox.dispatcher import Dispatcher
from so_sandbox.world.tenant import Tenant
from tests.chaos.plan import Plan
from tests.chaos.watched import WatchedTenant

_LONGEST_HOLD = 8.0


class Troublemaker:
    """Holds back some first deliveries, repeats old ones, and sends forgeries."""

    def __init__(self, dispatcher: Dispatcher, tenants: list[WatchedTenant], plan: Plan, seed: int) -> None:
        self._dispatcher = dispatcher
        self._tenants = tenants
        self._plan = plan
        self._rng = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="troublemaker")
        self._guard = threading.Lock()
        self._held = 0
        self._queue = dispatcher._queue
        self.sent: Counter[str] = Counter()
        self.forged: dict[bytes, str] = {}
        """Digest of the body → what is wrong with it."""
        self.held_back = 0

    def begin(self) -> None:
        self._dispatcher._queue = self._maybe_hold  # type: ignore[method-assign]  # reorder what is new
        self._thread.start()

    def end(self) -> None:
        """Make no more trouble, and wait for what is still held back."""
        self._stop.set()
        self._thread.join()
        self._dispatcher._queue = self._queue  # type: ignore[method-assign]  # as it was
        while self._held:
            time.sleep(0.05)

    def _maybe_hold(self, tenant: Tenant, delivery: Delivery) -> None:
        if delivery.once or self._rng.random() >= self._plan.held_back:
            self._queue(tenant, delivery)
            return
        with self._guard:
            self._held += 1
            self.held_back += 1
        timer = threading.Timer(self._rng.uniform(0.1, _LONGEST_HOLD), self._let_go, (tenant, delivery))
        timer.daemon = True
        timer.start()

    def _let_go(self, tenant: Tenant, delivery: Delivery) -> None:
        self._queue(tenant, delivery)
        with self._guard:
            self._held -= 1

    def _run(self) -> None:
        begun, last = time.monotonic(), 0
        owed = 0.0
        while not self._stop.wait(0.5):
            log = list(self._dispatcher.log)
            first_hand = [one for one in log if not one.once and one.event != "test"]
            owed += (len(first_hand) - last) * self._plan.repeats
            last = len(first_hand)
            chosen = self._rng.choices(first_hand, k=int(owed)) if first_hand else []
            owed -= len(chosen)
            fresh = [one for one in chosen if self._rng.random() < 0.5]
            same = [one for one in chosen if one not in fresh]
            self._dispatcher.again(fresh, fresh=True)
            self._dispatcher.again(same)
            self.sent["under a fresh EventId"] += len(fresh)
            self.sent["repeated"] += len(same)
            share = min(1.0, (time.monotonic() - begun) / self._plan.seconds)
            while len(self.forged) < int(self._plan.forgeries * share):
                self._forge()

    def _forge(self) -> None:
        rng = self._rng
        tenant, other = rng.sample(self._tenants, 2)
        hooks = tenant.webhooks()
        if not hooks or not other.webhooks():
            return
        kind = rng.choice(("wrong signature", "no signature", "another tenant's secret", "foreign context"))
        name = other.context_identifier if kind == "foreign context" else tenant.context_identifier
        body = _body(name, rng.choice(list(tenant.tables.persons) or [1]))
        signed: str | None = {
            "wrong signature": "A" * 43 + "=",
            "no signature": "",
            "another tenant's secret": signature(other.webhooks()[0].secret, body),
        }.get(kind)
        self.forged[hashlib.sha256(body).digest()] = kind
        self._dispatcher.forge(tenant, hooks[0].webhook_id, body, signature=signed)
        self.sent[f"forged: {kind}"] += 1


def _body(context_identifier: str, person_id: int) -> bytes:
    content: dict[str, Any] = {
        "EventId": str(uuid4()),
        "Timestamp": "2026-01-01T00:00:00.0000000Z",
        "Changes": ["title"],
        "Event": "person.changed",
        "PrimaryKey": person_id,
        "Entity": "person",
        "ContextIdentifier": context_identifier,
        "ChangedByAssociateId": 1,
        "WebhookName": "so-privacy",
    }
    return json.dumps(content, separators=(",", ":")).encode()
