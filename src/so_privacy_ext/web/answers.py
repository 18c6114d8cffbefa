"""The answers that are the same for everybody: fixed bytes, no echo of input, no version."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from http import HTTPStatus

from starlette.types import Message, Send

Headers = tuple[tuple[bytes, bytes], ...]

_JSON: Headers = ((b"content-type", b"application/json; charset=utf-8"), (b"cache-control", b"no-store"))


class Answer:
    """One complete answer, put together once."""

    __slots__ = ("_body", "_start", "body", "headers", "status")

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = (*headers, (b"content-length", str(len(body)).encode("ascii")))
        self.body = body
        self._start: Message = {"type": "http.response.start", "status": status, "headers": self.headers}
        self._body: Message = {"type": "http.response.body", "body": body}

    async def __call__(self, send: Send) -> None:
        await send(self._start)
        await send(self._body)

    def on_the_wire(self, default_headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Give the bytes of an answer that closes the connection."""
        headers = (*default_headers, *self.headers, (b"connection", b"close"))
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}".encode("ascii")]
        lines.extend(name + b": " + value for name, value in headers)
        return b"\r\n".join([*lines, b"", self.body])


def new_request_id() -> str:
    return secrets.token_hex(8)


def error(status: int, code: str, request_id: str, *headers: tuple[bytes, bytes]) -> Answer:
    """Give an error by its code; the id is what the log line has."""
    body = json.dumps({"error": code, "request_id": request_id}, separators=(",", ":")).encode("ascii")
    return Answer(status, (*_JSON, *headers), body)


STORED = Answer(200, _JSON, b'{"stored":true}')
# Whoever can't sign gets the same bytes, whatever was wrong; so these have no id of their own.
UNAUTHORIZED = error(401, "unauthorized", "-")
TOO_MANY = error(429, "too_many_requests", "-", (b"retry-after", b"60"))
