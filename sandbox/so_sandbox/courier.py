"""The thread that carries deliveries: a queue for each webhook, some exchanges at a time, timely retries."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Thread
from typing import Any, TypeVar

from so_sandbox.deliveries import Attempt, Delivery, headers
from so_sandbox.law import ACTIVE, WAITS, Verdict, judge
from so_sandbox.posting import Poster, PostError
from so_sandbox.world.rows import Webhook
from so_sandbox.world.switches import Switches
from so_sandbox.world.tenant import Tenant

Result = TypeVar("Result")
_BY_HAND = 8
"""Exchanges at a time for deliveries that were asked for by hand; they don't wait for the others."""
_STATES = {
    Verdict.DELIVERED: "delivered",
    Verdict.REQUEUE: "requeued",
    Verdict.DISCARD: "discarded",
    Verdict.STOP: "discarded",
}


@dataclass(slots=True)
class _Lane:
    """One webhook's queue, first come first tried."""

    tenant: Tenant
    webhook_id: int
    ready: deque[Delivery] = field(default_factory=deque)
    running: int = 0

    def webhook(self) -> Webhook | None:
        return self.tenant.tables.webhooks.get(self.webhook_id)


class Courier:
    """Public methods may be called from any thread; the private ones run on the courier's own."""

    def __init__(
        self,
        *,
        switches: Callable[[], Switches],
        settled: Callable[[Delivery], None],
        followed: Callable[[Tenant, Webhook, Delivery, Verdict], None],
        speed: float,
        timeout: float,
        concurrency: int,
        ca_file: str | None,
    ) -> None:
        self._switches = switches
        self._settled = settled
        self._followed = followed
        self._speed = speed
        self._timeout = timeout
        self._concurrency = concurrency
        self._ca_file = ca_file
        self._lanes: dict[tuple[str, int, bool], _Lane] = {}
        self._paused = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._up = Flag()
        self._loop: asyncio.AbstractEventLoop
        self._poster: Poster
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._up.wait()

    def stop(self) -> None:
        """Stop at once; what is queued stays undelivered."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def carry(self, tenant: Tenant, delivery: Delivery) -> None:
        """Queue a delivery."""
        self._loop.call_soon_threadsafe(self._enter, tenant, delivery)

    def wait_for(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Have work done on the courier's thread and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def pause(self) -> None:
        """Begin no more attempts until `resume`."""
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._loop.call_soon_threadsafe(self._pump_all)

    def hang_up(self) -> None:
        """Close the connections that are kept between two deliveries, and wait until they are closed."""
        self.wait_for(self._poster.close())

    def drop_all(self) -> None:
        """Give up all that is queued and not on its way."""
        self._loop.call_soon_threadsafe(self._drop_all)

    async def send(self, webhook: Webhook, delivery: Delivery) -> tuple[Attempt, str]:
        """Try once, note the attempt, and give it with what the target said."""
        retry = delivery.first_retry + len(delivery.attempts)
        sent = headers(
            webhook,
            event=delivery.header_event or delivery.event,
            event_id=delivery.event_id,
            retry=retry,
            body=delivery.body,
            signed=delivery.signature,
        )
        at, started = time.time(), time.perf_counter()
        status: int | None = None
        error = ""
        try:
            answer = await self._poster.post(webhook.target_url, sent, delivery.body)
        except PostError as failure:
            message = error = str(failure)
        else:
            status, message = answer.status, answer.text()
        attempt = Attempt(at, time.perf_counter() - started, retry, status, error)
        delivery.attempts.append(attempt)
        return attempt, message

    async def post(self, url: str, body: bytes) -> int:
        """Post JSON that is no event, and give the status."""
        headers = [("Content-Type", "application/json; charset=utf-8")]
        return (await self._poster.post(url, headers, body)).status

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._poster = Poster(timeout=self._timeout, ca_file=self._ca_file)
        self._loop.call_soon(self._up.set)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._end())
            self._loop.close()

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._poster.close()

    def _enter(self, tenant: Tenant, delivery: Delivery) -> None:
        key = (tenant.context_identifier, delivery.webhook_id, delivery.once)
        lane = self._lanes.get(key)
        if lane is None or lane.tenant is not tenant:  # the world was reset
            lane = self._lanes[key] = _Lane(tenant, delivery.webhook_id)
        lane.ready.append(delivery)
        self._pump(lane)

    def _pump(self, lane: _Lane) -> None:
        while lane.ready and not self._paused:
            delivery = lane.ready[0]
            if lane.running >= (_BY_HAND if delivery.once else self._concurrency):
                return
            lane.ready.popleft()
            lane.running += 1
            task = self._loop.create_task(self._bring(lane, delivery))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _pump_all(self) -> None:
        for lane in self._lanes.values():
            self._pump(lane)

    def _drop_all(self) -> None:
        for lane in self._lanes.values():
            while lane.ready:
                self._settle(lane.ready.popleft(), "dropped")

    async def _bring(self, lane: _Lane, delivery: Delivery) -> None:
        """Bring one delivery to its end; those behind it wait, retries and all."""
        try:
            self._settle(delivery, await self._outcome(lane, delivery))
        finally:
            lane.running -= 1
            self._pump(lane)

    async def _outcome(self, lane: _Lane, delivery: Delivery) -> str:
        while True:
            webhook = lane.webhook()
            if webhook is None or (webhook.state != ACTIVE and not delivery.once):
                return "dropped"
            attempt, message = await self.send(webhook, delivery)
            if delivery.once:
                return "delivered" if attempt.good else "failed"
            verdict = judge(webhook, delivery, attempt, message, self._switches())
            if verdict is not Verdict.RETRY:
                self._followed(lane.tenant, webhook, delivery, verdict)
                return _STATES[verdict]
            await asyncio.sleep(WAITS[len(delivery.attempts) - 1] / self._speed)

    def _settle(self, delivery: Delivery, state: str) -> None:
        delivery.state = state
        self._settled(delivery)
