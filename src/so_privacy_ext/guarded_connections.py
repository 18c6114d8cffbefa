"""Connections with a total deadline that never reach a private address unasked."""

from __future__ import annotations

import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

_CONNECT_SECONDS = 5.0
_UNICAST = ipaddress.IPv6Network("2000::/3")
_TUNNELLED = ipaddress.IPv6Network("2002::/16")
_TRANSLATED = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")

WIRE_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError)
"""All that sending a request and reading its reply can raise."""


@dataclass(slots=True)
class Attempt:
    """One exchange as the connection beneath sees it."""

    deadline: float
    """By time.monotonic()."""
    allowed: Callable[[str], bool]
    """Tells of an IP address whether it may be called."""
    sent: bool = False
    """Whether a single byte of the request may have left."""
    forbidden: bool = False
    """Whether the name led to an address that may not be called, so that none was."""

    def remaining(self) -> float:
        """Give the seconds left; raise when there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline of the exchange has passed")
        return seconds


class _Current(threading.local):
    attempt: Attempt


CURRENT = _Current()
"""The attempt of the calling thread; requests hands nothing of ours down to its connections."""


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket, each time no longer than the exchange has left."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(CURRENT.attempt.remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineSocket:
    """A socket whose every step is bounded by the attempt of the calling thread."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def settimeout(self, seconds: float | None) -> None:
        """Ignore the library's own per-read timeouts."""

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(CURRENT.attempt.remaining())
        CURRENT.attempt.sent = True
        self._sock.sendall(data)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._sock))


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the internet at large.

    An IPv6 address that a translator turns into an IPv4 one is that one; tunnels to IPv4 lead anywhere.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        translated = any(parsed in network for network in _TRANSLATED)
        if not translated:
            return parsed in _UNICAST and parsed.is_global and parsed not in _TUNNELLED
        parsed = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.is_global and not parsed.is_multicast and parsed not in _PROTOCOLS


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """Look a name up without waiting longer than asked; the system's resolver has no deadline."""
    answer: queue.Queue[list[str] | OSError] = queue.Queue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put([str(entry[4][0]) for entry in found])
        except OSError as error:
            answer.put(error)

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        result = answer.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if isinstance(result, OSError):
        raise result
    return result


def _connect(connection: HTTPConnection) -> socket.socket:
    """Resolve, check every address and connect to one of exactly those."""
    attempt = CURRENT.attempt
    seconds = min(_CONNECT_SECONDS, attempt.remaining())
    host, port = connection.host, connection.port
    try:
        addresses = resolve(host, port, seconds)
        if not all(map(attempt.allowed, addresses)):
            attempt.forbidden = True
            raise NewConnectionError(connection, "the name leads to an address that may not be called")
        return _first_that_answers(addresses, port, attempt)
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, "no connection in time") from error
    except OSError as error:
        raise NewConnectionError(connection, "no connection") from error


def _first_that_answers(addresses: list[str], port: int, attempt: Attempt) -> socket.socket:
    error = OSError("the name has no address")
    for address in dict.fromkeys(addresses):
        try:
            sock = socket.create_connection((address, port), min(_CONNECT_SECONDS, attempt.remaining()))
        except OSError as refused:
            error = refused
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise error


class _GuardedHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)

    def connect(self) -> None:
        super().connect()
        self.sock = _DeadlineSocket(self.sock)


class _GuardedHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)

    def connect(self) -> None:
        super().connect()
        self.sock = _DeadlineSocket(self.sock)


class _GuardedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTPConnection


class _GuardedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPSConnection


class BelievingAdapter(HTTPAdapter):
    """requests' adapter, with certificates to believe besides the usual ones.

    `verify` of a session would believe those alone, and SuperOffice no more.
    """

    def __init__(self, *args: Any, ca_file: Path | None = None, **kwargs: Any) -> None:
        self._context: ssl.SSLContext | None = None
        if ca_file is not None:
            self._context = ssl.create_default_context()
            self._context.load_verify_locations(cafile=ca_file)
        super().__init__(*args, **kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)


class GuardedAdapter(BelievingAdapter):
    """requests' adapter on our connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _GuardedHTTPPool, "https": _GuardedHTTPSPool}


def guarded_session(ca_file: Path | None = None) -> requests.Session:
    """Give a session on our connections alone: no proxy, no .netrc, no cookies, no headers of its own."""
    session = requests.Session()
    session.trust_env = False  # nothing of whoever started us
    session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    session.headers.clear()
    for scheme in ("http://", "https://"):
        session.mount(scheme, GuardedAdapter(pool_connections=4, pool_maxsize=32, ca_file=ca_file))
    return session
