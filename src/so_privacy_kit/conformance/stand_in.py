"""A host that misbehaves, in the place of one that a plugin talks to; plainly or by TLS, as it is asked."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
        self.trusted = _context(folder / "trusted.pem", self.authority)
        self.untrusted = _context(folder / "untrusted.pem", folder / "nobody.pem")


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


def _context(file: Path, authority: Path) -> ssl.SSLContext:
    """Make an authority and what it has signed for this machine; gives how a server speaks by that."""
    own, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "so-privacy conformance")])
    root = (
        _certificate(issuer, issuer, theirs.public_key(), theirs.public_key(), is_authority=True)
        .add_extension(_SIGNS, critical=True)
        .sign(theirs, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    leaf = (
        _certificate(subject, issuer, own.public_key(), theirs.public_key(), is_authority=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(theirs, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(secret + leaf.public_bytes(pem))
    authority.write_bytes(root.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePublicKey,
    *,
    is_authority: bool,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )
