"""A webhook's target that answers as it is told, and a webhook that is registered at it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from so_sandbox.world.rows import Webhook

EVENTS = [
    "person.created",
    "person.changed",
    "person.softdeleted",
    "person.deleted",
    "person.consented",
    "person.unconsented",
    "tick",
]


@dataclass
class Received:
    at: float
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Target:
    """Answers each request with the next status of `script`, and 200 when it is used up."""

    url: str = ""
    script: list[int] = field(default_factory=list)
    answer: bytes = b""
    wait: float = 0.0
    received: list[Received] = field(default_factory=list)
    connections: int = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target: Target

    def setup(self) -> None:
        super().setup()
        self.target.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.target.received.append(Received(time.monotonic(), self.path, dict(self.headers.items()), body))
        time.sleep(self.target.wait)
        status = self.target.script.pop(0) if self.target.script else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(self.target.answer)))
        self.end_headers()
        self.wfile.write(self.target.answer)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def listening() -> Iterator[Target]:
    told = Target()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"target": told}))
    server.daemon_threads = True
    server.block_on_close = False
    told.url = f"http://127.0.0.1:{server.server_port}/webhooks/abc"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def webhook(url: str, **changes: Any) -> Webhook:
    given: dict[str, Any] = {
        "webhook_id": 1,
        "name": "so-privacy",
        "events": list(EVENTS),
        "target_url": url,
        "secret": "secret",
        "state": 1,
        "type": "webhook",
        "client_id": "any",
        "registered": datetime.now(UTC),
        "registered_associate_id": 9,
        **changes,
    }
    return Webhook(**given)
