"""Posts bodies over HTTP/1.1 on kept connections, with one deadline for the whole exchange."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import h11

_CHUNK = 65536
_KEPT_BODY = 4000
"""Characters of an answer that are kept: what the `last_error` column holds."""


class PostError(Exception):
    """No complete answer was got; the text says why and quotes nothing of the target."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the target said."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str = field(repr=False)

    def text(self) -> str:
        """Give headers and body as the CRM keeps them of a failed delivery."""
        lines = [f"{name}: {value}" for name, value in self.headers]
        return "\n".join([f"HTTP {self.status}", *lines, "", self.body])


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: h11.Connection

    def usable(self) -> bool:
        return not self.reader.at_eof() and not self.writer.is_closing()

    def close(self) -> None:
        with suppress(OSError, RuntimeError):
            self.writer.close()


class Poster:
    """Lives on one event loop; a kept connection that has died is noticed before use, never retried on."""

    def __init__(self, *, timeout: float, ca_file: str | None = None, keep: int = 64) -> None:
        self._timeout = timeout
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._keep = keep
        self._idle: defaultdict[tuple[str, str, int], list[_Connection]] = defaultdict(list)

    async def post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        """Post once; redirects are answers like any other."""
        target = urlsplit(url)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(target, headers, body)
        except TimeoutError:
            raise PostError(f"no answer within {self._timeout:g} s") from None
        except ssl.SSLError as error:
            raise PostError(f"TLS: {error.reason or 'refused'}") from None
        except OSError as error:
            raise PostError(error.strerror or type(error).__name__) from None
        except (h11.ProtocolError, ValueError):
            raise PostError("the answer is not HTTP") from None

    async def close(self) -> None:
        """Close what is kept."""
        for connection in (one for kept in self._idle.values() for one in kept):
            connection.close()
            with suppress(OSError):
                await connection.writer.wait_closed()
        self._idle.clear()

    async def _exchange(self, target: SplitResult, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        host = target.hostname or ""
        key = (target.scheme, host, target.port or (443 if target.scheme == "https" else 80))
        connection = await self._connection(key)
        kept = False
        try:
            answer, kept = await self._speak(connection, _request(target, headers, body), body)
        finally:
            if kept and len(self._idle[key]) < self._keep:
                self._idle[key].append(connection)
            else:
                connection.close()
        return answer

    async def _connection(self, key: tuple[str, str, int]) -> _Connection:
        scheme, host, port = key
        idle = self._idle[key]
        while idle:
            connection = idle.pop()
            if connection.usable():
                return connection
            connection.close()
        reader, writer = await asyncio.open_connection(
            host, port, ssl=self._tls if scheme == "https" else None
        )
        return _Connection(reader, writer, h11.Connection(h11.CLIENT))

    async def _speak(self, connection: _Connection, request: h11.Request, body: bytes) -> tuple[Answer, bool]:
        protocol = connection.protocol
        parts = [protocol.send(request), protocol.send(h11.Data(body)), protocol.send(h11.EndOfMessage())]
        connection.writer.write(b"".join(part for part in parts if part))
        await connection.writer.drain()
        response: h11.Response | None = None
        text = bytearray()
        while True:
            event = protocol.next_event()
            if event is h11.NEED_DATA:
                protocol.receive_data(await connection.reader.read(_CHUNK))
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                text += event.data[: max(0, _KEPT_BODY - len(text))]
            elif isinstance(event, h11.EndOfMessage) and response is not None:
                break
            elif isinstance(event, h11.ConnectionClosed):
                raise PostError("the connection was closed without an answer")
        answer = Answer(
            response.status_code,
            tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers),
            text.decode("utf-8", "replace"),
        )
        reusable = protocol.our_state is h11.DONE and protocol.their_state is h11.DONE
        if reusable:
            protocol.start_next_cycle()
        return answer, reusable


def refusal(url: str) -> str | None:
    """Say why a URL can't be a target; None when it can: HTTPS, or plain HTTP on loopback."""
    target = urlsplit(url)
    if target.scheme == "https" and target.hostname:
        return None
    if target.scheme == "http" and target.hostname:
        return None if _loopback(target.hostname) else "the target must use HTTPS"
    return "the target is not an absolute HTTPS address"


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _request(target: SplitResult, headers: Sequence[tuple[str, str]], body: bytes) -> h11.Request:
    path = target.path or "/"
    return h11.Request(
        method="POST",
        target=f"{path}?{target.query}" if target.query else path,
        headers=[("Host", target.netloc.rpartition("@")[2]), ("Content-Length", str(len(body))), *headers],
    )
