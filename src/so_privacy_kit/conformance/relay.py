"""Stands between a plugin and its host, hands on all that either says, and keeps what the plugin said."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_WORD = re.compile(rb"[A-Za-z0-9_-]+")
_SECRET = (b"\x16\x03", b"STARTTLS")
"""By what is seen that the rest of a talk can't be read."""


class Relay(socketserver.ThreadingTCPServer):
    """Hands on to one host; `said` is whole after `stop`."""

    server_address: tuple[str, int]

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.said: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Talk)
        self._serves = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._serves.start()

    @property
    def port(self) -> int:
        """Give the port on which it listens."""
        return self.server_address[1]

    @property
    def words(self) -> frozenset[bytes]:
        """Give all words and numbers that the plugin said."""
        return frozenset(word for one in self.said for word in _WORD.findall(one))

    @property
    def encrypted(self) -> bool:
        """Tell whether what was said can't be read."""
        return any(mark in one for one in self.said for mark in _SECRET)

    def stop(self) -> None:
        """Wait until all talks are over; whoever talks must have ended."""
        self.shutdown()
        self.server_close()
        self._serves.join()


class _Talk(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        with suppress(OSError), socket.create_connection(self.server.target, timeout=5) as host:
            host.settimeout(None)
            answers = threading.Thread(target=_pass_on, args=(host, self.request, []))
            answers.start()
            said: list[bytes] = []
            _pass_on(self.request, host, said)
            self.server.said += [b"".join(said)] if said else []
            answers.join()


def _pass_on(of: socket.socket, to: socket.socket, said: list[bytes]) -> None:
    """Hand on until one says that it is through."""
    with suppress(OSError):
        while part := of.recv(65536):
            said.append(part)
            to.sendall(part)
    with suppress(OSError):
        to.shutdown(socket.SHUT_WR)


@contextmanager
def relayed(address: str, usual_port: int) -> Iterator[Relay]:
    """Stand before the host of a setting such as `register.example.com` or `127.0.0.1:8080`."""
    host, _, port = address.partition(":")
    relay = Relay(host, int(port or usual_port))
    try:
        yield relay
    finally:
        relay.stop()
