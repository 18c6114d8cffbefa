"""The key pair that signs the login service's tokens, with the certificate that names it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key and its self-signed certificate; tokens name it by the certificate's thumbprint."""

    private: rsa.RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def thumbprint(self) -> str:
        """Give `x5t`: base64url of the SHA-1 of the certificate."""
        return base64url(hashlib.sha1(self.der).digest())  # noqa: S324 - RFC 7517 defines x5t so

    @property
    def private_pem(self) -> bytes:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def jwk(self) -> dict[str, object]:
        """Give the public half as the JWKS document lists it."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.thumbprint,
            "x5t": self.thumbprint,
            "n": base64url(_big_endian(numbers.n)),
            "e": base64url(_big_endian(numbers.e)),
            "x5c": [base64.b64encode(self.der).decode("ascii")],
        }


def base64url(data: bytes) -> str:
    """Encode without padding, as JOSE wants it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def make_signing_key(name: str) -> SigningKey:
    """Make a fresh key whose certificate outlives any laptop."""
    private = new_private_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2113, 1, 1, tzinfo=UTC))
        .sign(private, hashes.SHA256())
    )
    return SigningKey(private, certificate)


@cache
def current_signing_key() -> SigningKey:
    """Give this process's first key; making one takes a tenth of a second, so sandboxes share it."""
    return make_signing_key("Sandbox Federated Login")


@cache
def next_signing_key() -> SigningKey:
    """Give the key that the login service turns to when its key is rotated."""
    return make_signing_key("Sandbox Federated Login (next)")


def new_private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _big_endian(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
