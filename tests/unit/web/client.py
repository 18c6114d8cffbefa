"""A client that says exactly the bytes it is told to, and bodies and headers as SuperOffice sends them."""

import json
import socket
import uuid
from dataclasses import dataclass, field
from typing import Any, Self

from so_privacy_ext.webhooks import signature
from tests.unit.web.fake_receiving import SECRET, SLOT


def body(**fields: Any) -> bytes:
    payload = {
        "EventId": str(uuid.uuid4()),
        "Timestamp": "2026-04-24T08:01:15.8506935Z",
        "Changes": ["person_id", "title"],
        "Event": "person.changed",
        "PrimaryKey": 18,
        "Entity": "person",
        "ContextIdentifier": "Cust12345",
        "ChangedByAssociateId": 316,
        "WebhookName": "so-privacy",
        **fields,
    }
    return json.dumps(payload).encode()


def signed(raw: bytes, secret: bytes = SECRET) -> str:
    return f"X-SuperOffice-Signature: {signature.sign(raw, secret).decode()}"


def request(
    raw: bytes,
    *headers: str,
    method: str = "POST",
    target: str = f"/webhooks/{SLOT}",
    host: str = "Host: example.com",
    length: bool = True,
    version: str = "HTTP/1.1",
) -> bytes:
    lines = [f"{method} {target} {version}"]
    lines += [host] if host else []
    lines += ["Content-Type: application/json; charset=utf-8", *headers]
    lines += [f"Content-Length: {len(raw)}"] if length else []
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + raw


def delivery(raw: bytes, *headers: str, secret: bytes = SECRET, **other: Any) -> bytes:
    return request(raw, signed(raw, secret), *headers, **other)


@dataclass
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    raw: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        return next((value for one, value in self.headers if one == name), None)

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["error"])


class Client:
    """One connection; replies are read by their Content-Length, and the end of the connection is told."""

    def __init__(self, address: tuple[str, int], seconds: float = 15.0) -> None:
        self.socket = socket.create_connection(address, seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def reply(self, *, head_only: bool = False) -> Reply | None:
        """Give the next answer; None when the connection ended before one was whole."""
        while b"\r\n\r\n" not in self._unread:
            if not self._more():
                return None
        head, _, rest = self._unread.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]
        length = 0 if head_only else int(dict(headers).get("content-length", "0"))
        while len(rest) < length:
            if not self._more():
                return None
            rest = self._unread.partition(b"\r\n\r\n")[2]
        self._unread = rest[length:]
        return Reply(int(status_line.split()[1]), headers, rest[:length], head + b"\r\n\r\n" + rest[:length])

    def ask(self, raw: bytes, *, head_only: bool = False) -> Reply:
        self.send(raw)
        reply = self.reply(head_only=head_only)
        assert reply is not None, "closed without an answer"
        return reply

    def closed(self) -> bool:
        """Wait for the other side to end the connection; False if it says something more."""
        return not self._unread and not self._more()

    def _more(self) -> bool:
        try:
            found = self.socket.recv(65536)
        except ConnectionError:
            return False
        self._unread += found
        return bool(found)


def ask(address: tuple[str, int], raw: bytes) -> Reply:
    with Client(address) as client:
        return client.ask(raw)
