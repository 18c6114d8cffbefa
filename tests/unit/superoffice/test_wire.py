"""What the wire may do to us: rows F26, F27, B68, B74."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from so_privacy_ext.errors import Applied, CrmFailure, Fault, Retry
from so_privacy_ext.guarded_connections import is_public
from so_privacy_ext.superoffice.wire import LARGEST_REPLY, Wire
from tests.unit.superoffice.loopback import Canned, Handler, Loopback


@pytest.fixture
def wire() -> Iterator[Wire]:
    opened = Wire(private_addresses_allowed=True)
    yield opened
    opened.close()


def post(wire: Wire, url: str, **changes: Any) -> Any:
    return wire.exchange("X.Y", "POST", url, headers={"SOAPAction": '"x/X"'}, body=b"secret", **changes)


def fails(wire: Wire, url: str, **changes: Any) -> Any:
    with pytest.raises(CrmFailure) as caught:
        post(wire, url, **changes)
    assert "127.0.0.1" not in str(caught.value)
    return caught.value


@contextmanager
def speaking(*steps: bytes | float, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that reads a request and then writes bytes, waiting where a number stands."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) if context else plain as sock:
                    received = b""
                    while not received.endswith(b"secret"):
                        received += sock.recv(65536)
                    for step in steps:
                        if isinstance(step, bytes):
                            sock.sendall(step)
                        else:
                            time.sleep(step)
            except OSError:
                plain.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


@pytest.mark.row("F27")
def test_refused(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    failure = fails(wire, f"http://127.0.0.1:{port}/")

    assert (type(failure), failure.fault, failure.applied) == (Retry, Fault.TRANSPORT, Applied.NO)


@pytest.mark.row("B74")
@pytest.mark.row("F27")
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((1.2,), id="silence"),
        pytest.param((OK[:8], 1.2), id="hung in the status line"),
        pytest.param((OK, b"Content-Length: 9\r\n\r\n", 1.2), id="hung after headers"),
        pytest.param(
            (OK, b"Content-Length: 90\r\n\r\n", *(step for _ in range(90) for step in (b"x", 0.05))),
            id="dripping body",
        ),
        pytest.param((OK, *(step for _ in range(90) for step in (b"X: y\r\n", 0.05))), id="dripping headers"),
        pytest.param((b"HTTP/1.1 100 Continue\r\n\r\n" * 9, 1.2), id="continue for ever"),
    ],
)
def test_one_deadline_over_the_whole_exchange(steps: Any, wire: Wire) -> None:
    with speaking(*steps) as url:
        begun = time.monotonic()
        failure = fails(wire, url, seconds=0.4)

        assert time.monotonic() - begun < 1.5
    assert (failure.fault, failure.applied) == (Fault.TRANSPORT, Applied.MAYBE)


@pytest.mark.row("B74")
@pytest.mark.row("F27")
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((), id="closed at once"),
        pytest.param((OK, b"Content-Length: 90\r\n\r\nx"), id="closed in the body"),
        pytest.param((b"SSH-2.0-x\r\n\r\n",), id="another protocol"),
        pytest.param((OK, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), id="bad chunk"),
        pytest.param((OK, b"X: " + b"y" * 1_000_000 + b"\r\n\r\n"), id="header of a megabyte"),
        pytest.param((OK, b"X: y\r\n" * 1000, b"\r\n"), id="a thousand headers"),
        pytest.param((OK, b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), id="no gzip"),
    ],
)
def test_broken_off(steps: Any, wire: Wire) -> None:
    with speaking(*steps) as url:
        failure = fails(wire, url, seconds=5)

    assert (failure.fault, failure.applied) == (Fault.TRANSPORT, Applied.MAYBE)


@pytest.mark.row("B68")
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((OK, b"Connection: close\r\n\r\n", *(b"x" * 1_000_000 for _ in range(20))), id="plain"),
        pytest.param(
            (OK, b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n", gzip.compress(b"x" * 50_000_000)),
            id="bomb",
        ),
        pytest.param((OK, b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx"), id="unknown encoding"),
        pytest.param((OK, b"Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n\r\nx"), id="twice encoded"),
    ],
)
def test_too_large_or_encoded_otherwise(steps: Any, wire: Wire) -> None:
    with speaking(*steps) as url:
        failure = fails(wire, url, seconds=20)

    assert (failure.fault, failure.applied) == (Fault.PROTOCOL, Applied.MAYBE)


def test_a_reply_as_large_as_allowed_and_gzipped(wire: Wire, loopback: Loopback) -> None:
    loopback.standing["X"] = Canned(
        gzip.compress(b"x" * LARGEST_REPLY),
        headers={"Content-Encoding": "gzip"},
        media_type='Text/XML; a=b; charset="UTF-8"',
    )
    reply = post(wire, loopback.url)

    assert len(reply.content) == LARGEST_REPLY
    assert (reply.media_type, reply.charset) == ("text/xml", "utf-8")


def test_connections_are_kept(wire: Wire, loopback: Loopback) -> None:
    ports = set()

    def reply(handler: Handler) -> None:
        ports.add(handler.client_address[1])
        handler.send(Canned(b"x"))

    loopback.standing["X"] = reply
    for _ in range(5):
        assert post(wire, loopback.url).content == b"x"

    assert len(ports) == 1


@pytest.mark.row("B74")
def test_a_redirect_is_an_answer_and_cookies_are_not_kept(wire: Wire, loopback: Loopback) -> None:
    loopback.standing["X"] = Canned(
        status=307, headers={"Location": f"{loopback.url}/elsewhere", "Set-Cookie": "a=b; Path=/"}
    )
    assert post(wire, loopback.url).status == 307
    assert post(wire, loopback.url).status == 307

    assert loopback.count("X") == 2
    assert "Cookie" not in loopback.calls[-1].headers


@pytest.mark.row("B74")
def test_the_surroundings_name_no_proxy(
    wire: Wire, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    loopback.standing["X"] = Canned(b"x")

    assert post(wire, loopback.url).content == b"x"


@pytest.mark.row("F26")
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "100.64.0.1", "::1",
     "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", "192.0.0.192",
     "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::10.0.0.1", "2002:7f00:1::1",
     "2002:a00:1::1", "2001:0:7f00:1::", "::127.0.0.1", "fec0::1", "ff02::1"],
)  # fmt: skip
def test_addresses_that_are_not_public(address: Any) -> None:
    assert not is_public(address)


@pytest.mark.row("F26")
@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::93.184.216.34"],
)
def test_addresses_that_are_public(address: Any) -> None:
    assert is_public(address)


@pytest.mark.row("F26")
@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"]])
def test_a_name_that_leads_to_a_private_address_is_never_connected_to(
    answers: Any, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback.standing["X"] = Canned(b"x")
    port = loopback.server_address[1]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in answers],
    )
    connected = []
    monkeypatch.setattr(socket, "create_connection", lambda *given, **_: connected.append(given))
    wire = Wire(private_addresses_allowed=False)

    failure = fails(wire, f"http://online2.superoffice.com:{port}/")
    wire.close()

    assert (failure.fault, failure.applied) == (Fault.TRANSPORT, Applied.NO)
    assert (connected, loopback.calls) == ([], [])


@pytest.mark.row("B108")
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_no_spelling_of_this_machine_is_connected_to(host: Any, loopback: Loopback) -> None:
    loopback.standing["X"] = Canned(b"x")
    wire = Wire(private_addresses_allowed=False)

    failure = fails(wire, f"http://{host}:{loopback.server_address[1]}/")
    wire.close()

    assert failure.applied is Applied.NO
    assert loopback.calls == []


@pytest.mark.row("B108")
@pytest.mark.parametrize("scheme", ["gopher", "file", "ftp", "dict", "ldap", "jar", "data", "unix"])
def test_nothing_but_http_is_spoken(scheme: Any, wire: Wire, loopback: Loopback) -> None:
    failure = fails(wire, f"{scheme}://127.0.0.1:{loopback.server_address[1]}/etc/passwd")

    assert failure.applied is Applied.NO
    assert loopback.calls == []


@pytest.mark.row("F26")
def test_a_name_that_does_not_resolve(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "CANARY")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    failure = fails(wire, "http://online2.superoffice.com/")

    assert (failure.fault, failure.applied) == (Fault.TRANSPORT, Applied.NO)
    assert "CANARY" not in str(failure)


@pytest.mark.row("F26")
def test_a_name_that_resolves_too_late(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(5) and [])
    begun = time.monotonic()
    failure = fails(wire, "http://online2.superoffice.com/", seconds=0.2)
    release.set()

    assert time.monotonic() - begun < 1
    assert (failure.fault, failure.applied) == (Fault.TRANSPORT, Applied.NO)


def test_a_name_without_addresses(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])

    assert fails(wire, "http://online2.superoffice.com/").applied is Applied.NO


def test_the_next_address_is_tried(wire: Wire, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    loopback.standing["X"] = Canned(b"x")
    port = loopback.server_address[1]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_, **__: [(2, 1, 6, "", (a, port)) for a in ("127.0.0.9", "127.0.0.1", "127.0.0.1")],
    )

    assert post(wire, f"http://tenant.example.com:{port}/").content == b"x"


def test_the_deadline_counts_before_the_first_byte(wire: Wire, loopback: Loopback) -> None:
    failure = fails(wire, loopback.url, seconds=0.000_001)

    assert failure.applied is Applied.NO


@responses.activate
def test_what_requests_raises_is_mapped(wire: Wire) -> None:
    # Nothing is registered, so that `responses` refuses the connection by requests' own exception.
    assert fails(wire, "https://online.superoffice.com/x").fault is Fault.TRANSPORT


def test_a_url_that_is_none(wire: Wire) -> None:
    assert fails(wire, "http://").applied is Applied.NO


def certified(
    folder: Path, name: str, *, days: int = 1, tls: ssl.TLSVersion | None = None, maker: str = ""
) -> ssl.SSLContext:
    """A server's context with a certificate signed by itself; two of one maker's name are taken for one."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, maker or name)])
    now = datetime.now(UTC)
    alternative: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        alternative = x509.IPAddress(ipaddress.ip_address(name))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    if tls is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = tls
    return context


REPLY = OK + b"Content-Length: 2\r\n\r\nhi"


@pytest.mark.row("B74")
def test_tls_with_a_ca_file(tmp_path: Path) -> None:
    with speaking(REPLY, context=certified(tmp_path, "127.0.0.1")) as url:
        wire = Wire(private_addresses_allowed=True, ca_file=tmp_path / "cert.pem")
        assert post(wire, url).content == b"hi"
        wire.close()


@pytest.mark.row("B74")
def test_a_ca_file_is_believed_besides_what_is_believed_anyway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, ours = tmp_path / "usual", tmp_path / "ours"
    for folder in (usual, ours):
        folder.mkdir()
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(usual / "cert.pem"))
    with (
        speaking(REPLY, context=certified(usual, "127.0.0.1", maker="usual")) as superoffice,
        speaking(REPLY, context=certified(ours, "127.0.0.1", maker="ours")) as other,
    ):
        wire = Wire(private_addresses_allowed=True, ca_file=ours / "cert.pem")
        assert [post(wire, url).content for url in (superoffice, other)] == [b"hi", b"hi"]
        wire.close()


@pytest.mark.row("B74")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    "bad", [{"name": "other.example.com"}, {"days": -1}, {"trusted": False}, {"tls": ssl.TLSVersion.TLSv1_1}]
)
def test_a_bad_certificate_or_old_tls_is_refused_before_anything_is_sent(bad: Any, tmp_path: Path) -> None:
    bad = dict(bad)
    trusted = bad.pop("trusted", True)
    context = certified(tmp_path, bad.pop("name", "127.0.0.1"), **bad)
    with speaking(REPLY, context=context) as url:
        wire = Wire(private_addresses_allowed=True, ca_file=tmp_path / "cert.pem" if trusted else None)
        failure = fails(wire, url, seconds=5)
        wire.close()

    assert (type(failure), failure.fault, failure.applied) == (Retry, Fault.TRANSPORT, Applied.NO)
