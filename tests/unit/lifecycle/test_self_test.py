"""Whether our own public address is answered, and by us."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from so_privacy_ext.lifecycle.self_test import ask, unreachable
from tests.unit.superoffice.test_wire import certified


@contextmanager
def answering(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that gives one answer, whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            plain, _ = server.accept()
            with context.wrap_socket(plain, server_side=True) if context else plain as connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def said(status: str, word: bytes, length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(word) if length is None else length}\r\n\r\n"
    return head.encode() + word


@pytest.mark.parametrize(
    ("answer", "status", "ours", "why"),
    [
        (said("200 OK", b"ready"), 200, True, None),
        (said("200 OK", b"<html>Welcome"), 200, False, "answered by somebody else"),
        (said("200 OK", b""), 200, False, "answered by somebody else"),
        (said("503 Service Unavailable", b"unready"), 503, False, "status 503"),
        (said("301 Moved Permanently", b"ready"), 301, False, "status 301"),
        (said("200 OK", b"rea", length=5), None, False, "ChunkedEncodingError"),
        (b"nonsense\r\n\r\n", None, False, "ConnectionError"),
        (b"", None, False, "ConnectionError"),
    ],
)
def test_what_came_is_told(answer: bytes, status: int | None, ours: bool, why: str | None) -> None:
    with answering(answer) as url:
        found = ask(url, None)
    with answering(answer) as url:
        assert unreachable(url, None) == why

    assert (found.status, found.ours, found.failure == "") == (status, ours, status is not None)
    assert found.address.endswith("/healthz/ready")


@pytest.mark.parametrize("believed", ["usual", "ours"])
def test_a_ca_file_is_believed_besides_what_is_believed_anyway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, believed: str
) -> None:
    contexts = {}
    for name in ("usual", "ours"):
        (tmp_path / name).mkdir()
        contexts[name] = certified(tmp_path / name, "127.0.0.1", maker=name)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "usual" / "cert.pem"))

    with answering(said("200 OK", b"ready"), contexts[believed]) as url:
        assert ask(url, tmp_path / "ours" / "cert.pem").ours


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert unreachable(f"http://127.0.0.1:{port}", None) == "ConnectionError"
