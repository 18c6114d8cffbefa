"""The certificate of the public address: believed by every caller, and for long enough."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from so_privacy_ext.doctor import certificate
from so_privacy_ext.doctor.address import certificate_seconds, examine_address
from so_privacy_ext.doctor.certificate import Certificate, judge
from so_privacy_ext.doctor.findings import Finding, Health, Level, health
from so_privacy_ext.metrics_server import CertificateFigure

pytestmark = pytest.mark.row("F25")

NOW = datetime.now(UTC).replace(microsecond=0)
Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def issue(name: str, by: Pair | None, *, ends: datetime, authority: bool = False) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, signing = (subject, key) if by is None else (by[0].subject, by[1])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(NOW, ends) - timedelta(days=30))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not authority:
        address: x509.GeneralName = (
            x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        )
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(signing, hashes.SHA256()), key


def pem(*pairs: Pair) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one, _ in pairs)


class Authority:
    """A root that is trusted and what hangs below it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        far = NOW + timedelta(days=3650)
        self.root = issue("root", None, ends=far, authority=True)
        self.between = issue("between", self.root, ends=far, authority=True)
        self.ca_file = folder / "root.pem"
        self.ca_file.write_bytes(pem(self.root))

    def context(self, leaf: Pair, *chain: Pair) -> ssl.SSLContext:
        file = self.folder / "server.pem"
        key = leaf[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(key + pem(leaf, *chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve TLS, answering whoever shakes hands as our web process would."""
    listening = [socket.create_server(("127.0.0.1", 0))]

    def serve(context: ssl.SSLContext, answer: bytes = b"ready") -> str:
        def accept() -> None:
            while True:
                try:
                    raw, _ = listening[0].accept()
                except OSError:
                    return
                with suppress(OSError), context.wrap_socket(raw, server_side=True) as secured:
                    if secured.recv(4096):
                        head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
                        secured.sendall(head % len(answer) + answer)

        threading.Thread(target=accept, daemon=True).start()
        return f"https://127.0.0.1:{listening[0].getsockname()[1]}"

    yield serve
    listening[0].shutdown(socket.SHUT_RDWR)
    listening[0].close()


def found(authority: Authority, url: str) -> list[Finding]:
    return list(examine_address(url, ca_file=authority.ca_file, now=NOW))


def leaf(authority: Authority, name: str = "127.0.0.1", days: float = 90) -> Pair:
    return issue(name, authority.between, ends=NOW + timedelta(days=days))


def test_one_that_all_believe_is_right(authority: Authority, serve: Serve) -> None:
    url = serve(authority.context(leaf(authority), authority.between))
    certificate, address = found(authority, url)

    assert (certificate.level, certificate.found) == (Level.OK, "valid for 90 more days")
    assert address.level is Level.OK


def test_one_that_soon_expires_degrades_us(authority: Authority, serve: Serve) -> None:
    url = serve(authority.context(leaf(authority, days=13), authority.between))
    findings = found(authority, url)

    assert findings[0].level is Level.WARNING
    assert "13 more days" in findings[0].found
    assert "renew" in findings[0].do
    assert health(findings) is Health.DEGRADED
    seconds = certificate_seconds(url, ca_file=authority.ca_file, now=NOW)
    assert seconds == pytest.approx(13 * 86400)


@pytest.mark.parametrize(("days", "level"), [(13.9, Level.WARNING), (14.1, Level.OK)])
def test_two_weeks_before_its_end_it_is_told(days: float, level: Level) -> None:
    assert judge(Certificate(NOW + timedelta(days=days), 0), NOW).level is level


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("expired", "it has expired"),
        ("host", "it is for another host"),
        ("chain", "its chain is incomplete"),
        ("self-signed", "self-signed"),
        ("unknown", "nobody knows"),
    ],
)
def test_one_that_nobody_believes_is_wrong_and_it_is_said_why(
    authority: Authority, serve: Serve, case: str, words: str
) -> None:
    stranger = issue("stranger", None, ends=NOW + timedelta(days=900), authority=True)
    served: dict[str, tuple[Any, ...]] = {
        "expired": (leaf(authority, days=-1), authority.between),
        "host": (leaf(authority, "privacy.example.com"), authority.between),
        "chain": (leaf(authority),),
        "self-signed": (issue("127.0.0.1", None, ends=NOW + timedelta(days=90)),),
        "unknown": (issue("127.0.0.1", stranger, ends=NOW + timedelta(days=90)), stranger),
    }
    url = serve(authority.context(*served[case]))
    (finding,) = found(authority, url)

    assert (finding.what, finding.level) == ("certificate", Level.ERROR)
    assert words in finding.found
    assert finding.do
    assert "stops the webhook" in finding.means
    assert certificate_seconds(url, ca_file=authority.ca_file, now=NOW) == 0.0


def test_what_is_no_tls_is_wrong(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer() -> None:
            connection, _ = plain.accept()
            connection.recv(1)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        seen = certificate.look("127.0.0.1", plain.getsockname()[1], ca_file=None)
    assert seen == Certificate(None, -1)
    assert judge(seen, NOW).level is Level.ERROR


def test_nobody_there_and_somebody_else_there(authority: Authority, serve: Serve) -> None:
    (nobody,) = found(authority, "https://127.0.0.1:9")
    assert (nobody.what, nobody.level) == ("public address", Level.ERROR)
    assert certificate_seconds("https://127.0.0.1:9", ca_file=None, now=NOW) is None
    url = serve(authority.context(leaf(authority), authority.between), b"welcome to nginx")
    _, other = found(authority, url)
    assert "not us" in other.found


def test_plain_http_is_for_a_sandbox_alone() -> None:
    assert certificate_seconds("http://127.0.0.1:9", ca_file=None, now=NOW) is None
    findings = list(examine_address("http://privacy.invalid", ca_file=None, now=NOW))
    assert (findings[0].what, findings[0].level) == ("certificate", Level.WARNING)


def test_a_certificate_without_an_end_is_doubted() -> None:
    assert judge(Certificate(None, 0), NOW).level is Level.WARNING


def test_the_metric_counts_down_and_is_looked_at_once_an_hour() -> None:
    clock, asked = [0.0], []

    def read() -> float | None:
        asked.append(clock[0])
        return None if len(asked) == 2 else 7200.0

    figure = CertificateFigure(read, lambda: clock[0])

    def shown() -> list[float]:
        return [one.value for family in figure.collect() for one in family.samples]

    assert next(iter(figure.describe())).samples == []
    assert shown() == [7200.0]
    clock[0] = 600.0
    assert shown() == [6600.0]
    assert len(asked) == 1
    clock[0] = 4000.0
    assert shown() == []
