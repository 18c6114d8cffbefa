"""`python -m tests.bench.load`: a cheap load generator in a process of its own; JSON in, JSON out."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any

import uvloop

from tests.bench.bodies import requests

_SLOWEST = 20.0
"""Seconds that answers are waited for after the last request."""


class Generator:
    """Sends over keep-alive connections: each as fast as it is answered, or all together at a rate."""

    def __init__(self, bodies: Iterator[bytes], *, most: int, rate: float) -> None:
        self.bodies = bodies
        self.left = most
        self.rate = rate
        self.statuses: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.idle: deque[Client] = deque()
        self.late: deque[float] = deque()
        """Times at which requests were due that found no idle connection."""
        self.stopped = False

    def answered(self, client: Client, status: str, seconds: float) -> None:
        self.statuses[status] += 1
        self.latencies.append(seconds)
        if self.late:
            client.send(self.late.popleft())
        elif self.rate:
            self.idle.append(client)
        elif not self.stopped and self.left > 0:
            client.send(time.perf_counter())

    async def run(self, seconds: float) -> float:
        """Send for so long, or until nothing is left; give how long it took until the last answer."""
        begun = time.perf_counter()
        if self.rate:
            await self._at_rate(begun, seconds)
        else:
            for client in tuple(self.idle):
                client.send(time.perf_counter())
            await self._until(lambda: self.left <= 0, seconds)
        self.stopped = True
        await self._until(lambda: all(one.due is None for one in Client.all), _SLOWEST)
        return time.perf_counter() - begun

    async def _until(self, true: Callable[[], bool], seconds: float) -> None:
        end = time.perf_counter() + seconds
        while not true() and time.perf_counter() < end:  # noqa: ASYNC110 - 64 connections need not wake us each
            await asyncio.sleep(0.003)

    async def _at_rate(self, begun: float, seconds: float) -> None:
        """Begin each request when it is due, whether or not the earlier ones were answered."""
        for number in range(min(int(seconds * self.rate), self.left)):
            due = begun + number / self.rate
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            if self.idle:
                self.idle.popleft().send(due)
            else:
                self.late.append(due)


class Client(asyncio.Protocol):
    """One connection; an answer of ours fits one read, but may come in two."""

    all: list[Client]

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._transport: Any = None
        self._received = b""
        self.due: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._generator.idle.append(self)

    def send(self, due: float) -> None:
        self.due = due
        self._generator.left -= 1
        self._transport.write(next(self._generator.bodies))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(body) >= length and self.due is not None:
            self._received = b""
            seconds, self.due = time.perf_counter() - self.due, None
            self._generator.answered(self, head[9:12].decode(), seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.due is not None:
            self._generator.statuses["lost"] += 1
            self.due = None


async def generate(wanted: dict[str, Any]) -> dict[str, Any]:
    host, port = wanted["host"], wanted["port"]
    bodies = requests(
        f"{host}:{port}",
        wanted["path"],
        wanted["tenant"],
        wanted["secret"],
        seed=wanted["seed"],
        persons=wanted.get("persons", ()),
    )
    generator = Generator(bodies, most=wanted.get("most", sys.maxsize), rate=wanted.get("rate", 0))
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Client(generator), host, port)
        for _ in range(wanted["connections"])
    ]
    Client.all = [protocol for _, protocol in made]
    seconds = await generator.run(wanted["seconds"])
    for transport, _ in made:
        transport.close()
    return {"seconds": seconds, "statuses": dict(generator.statuses), "latencies": generator.latencies}


if __name__ == "__main__":
    json.dump(uvloop.run(generate(json.load(sys.stdin))), sys.stdout)
