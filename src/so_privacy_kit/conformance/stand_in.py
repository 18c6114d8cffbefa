"""A host that misbehaves, in the place of one that a plugin talks to; plainly or by TLS, as it is asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from so_privacy_kit.certificates import certified

_HELLO = b"\x16"
"""The first byte of whoever begins by TLS."""
_PATIENCE = 0.3
"""Seconds until whoever has said nothing is taken for one who waits for a greeting, as mail clients do."""
Connection = socket.socket


def _silent(connection: Connection, until: threading.Event) -> None:
    until.wait()
    connection.close()


def _hangs_up(connection: Connection, _until: threading.Event) -> None:
    connection.close()


def _says(spoken_to: bytes, greeting: bytes) -> Callable[[Connection, threading.Event], None]:
    """Answer a request, or greet whoever waits for that."""

    def says(connection: Connection, _until: threading.Event) -> None:
        connection.sendall(spoken_to if _heard(connection) else greeting)

    return says


def _heard(connection: Connection) -> bool:
    """Read a request until nothing more comes; tell whether there was one."""
    heard = False
    connection.settimeout(_PATIENCE)
    with suppress(TimeoutError):
        while connection.recv(65536):
            heard = True
            connection.settimeout(0.05)
    return heard


def _http(status: str, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close"
    return "\r\n".join((*head, "", "")).encode() + body


_JUNK = bytes(range(256)) * 4
_JSON = "application/json"
WAYS: Mapping[str, Callable[[Connection, threading.Event], None]] = {
    "says nothing": _silent,
    "hangs up": _hangs_up,
    "answers noise": _says(_JUNK, _JUNK),
    "is overloaded": _says(_http("503 Service Unavailable", "text/plain", b"later"), b"421 later\r\n"),
    "lets nobody in": _says(_http("401 Unauthorized", _JSON, b'{"error": "denied"}'), b"554 no\r\n"),
    "answers a page": _says(_http("200 OK", "text/html", b"<html>Welcome</html>"), b"220-\r\n"),
    "answers an empty object": _says(_http("200 OK", _JSON, b"{}"), b"220 \r\n"),
    "answers an empty list": _says(_http("200 OK", _JSON, b"[]"), b"\r\n\r\n"),
    "answers null": _says(_http("200 OK", _JSON, b"null"), b"\0"),
}
"""All that a host may do that is there."""
DOWN, UNTRUSTED = "is down", "has a certificate that nobody trusts"
ALL_WAYS = (DOWN, UNTRUSTED, *WAYS)


class Certificates:
    """An authority of this run, and one that nobody trusts."""

    def __init__(self, folder: Path) -> None:
        self.authority = folder / "authority.pem"
        """Names whom a plugin is to trust, as `SSL_CERT_FILE` does."""
        self.trusted = certified(folder / "trusted.pem", self.authority, "localhost")
        self.untrusted = certified(folder / "untrusted.pem", folder / "nobody.pem", "localhost")


@contextmanager
def misbehaving(way: str, certificates: Certificates) -> Iterator[int]:
    """Give the port at which a host misbehaves for the length of the block."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if way == DOWN:
            yield listener.getsockname()[1]  # nobody listens, so it is refused
            return
        listener.listen()
        over = threading.Event()
        threads: list[threading.Thread] = []

        def accepting() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=_play, args=(connection, way, certificates, over)))
                threads[-1].start()

        accepts = threading.Thread(target=accepting)
        accepts.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for one in (accepts, *threads):
                one.join()


def _play(connection: Connection, way: str, certificates: Certificates, over: threading.Event) -> None:
    with suppress(OSError), connection:
        connection.settimeout(_PATIENCE)
        try:
            first = connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            first = b""
        connection.settimeout(5)
        if way == UNTRUSTED:
            if first == _HELLO:
                certificates.untrusted.wrap_socket(connection, server_side=True).close()
        elif first == _HELLO:
            with certificates.trusted.wrap_socket(connection, server_side=True) as secure:
                WAYS[way](secure, over)
        else:
            WAYS[way](connection, over)
