"""The application's private key in the forms that it comes in."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.superoffice.private_key import load_private_key

pytestmark = pytest.mark.row("B89")


def pem(key: Any, form: Any = PrivateFormat.PKCS8, encryption: Any = None) -> Any:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption())


def xml(key: Any, **changes: Any) -> Any:
    private = key.private_numbers()
    numbers = {
        "Modulus": private.public_numbers.n, "Exponent": private.public_numbers.e, "P": private.p,
        "Q": private.q, "D": private.d,
    } | changes  # fmt: skip
    parts = "".join(
        f"<{name}>{base64.b64encode(n.to_bytes((n.bit_length() + 7) // 8, 'big')).decode()}</{name}>"
        for name, n in numbers.items()
        if n is not None
    )
    return f"<RSAKeyValue>{parts}</RSAKeyValue>".encode()


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_pem(form: Any, rsa_key: RSAPrivateKey) -> None:
    for data in (
        pem(rsa_key, form),
        pem(rsa_key, form).replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + pem(rsa_key, form),
    ):
        assert load_private_key(data).private_numbers() == rsa_key.private_numbers()


def test_xml(rsa_key: RSAPrivateKey) -> None:
    data = xml(rsa_key)
    for one in (data, b'<?xml version="1.0"?>\n' + data, data.replace(b"<D>", b"<D>\r\n  ")):
        assert load_private_key(one).private_numbers() == rsa_key.private_numbers()


@pytest.fixture(scope="module")
def short() -> Any:
    return rsa.generate_private_key(65537, 1024)


def refused(data: Any) -> Any:
    with pytest.raises(Refused) as caught:
        load_private_key(data, where="key.pem")
    assert caught.value.exit_code is Exit.CONFIG
    assert "key.pem" in str(caught.value)
    return caught.value.what


def test_weak_keys_are_refused(short: Any) -> None:
    assert "2048" in refused(pem(short))
    assert "2048" in refused(xml(short))


def test_other_keys_are_refused(rsa_key: RSAPrivateKey) -> None:
    assert "RSA" in refused(pem(ec.generate_private_key(ec.SECP256R1())))
    assert "password" in refused(pem(rsa_key, encryption=BestAvailableEncryption(b"x")))
    assert "PEM" in refused(rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1))
    assert "PEM" in refused(pem(rsa_key) * 2)


@pytest.mark.parametrize(
    "data",
    [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", b"x" * 100_000],
)
def test_what_is_no_key_is_refused(data: Any) -> None:
    assert refused(data)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (b"<RSAKeyValue>", b"<!DOCTYPE RSAKeyValue><RSAKeyValue>", "plain"),
        (b"</RSAKeyValue>", b"", "well-formed"),
        (b"RSAKeyValue", b"DSAKeyValue", "RSAKeyValue"),
        (b"<D>", b"<D>!", "without D"),
        (b"<P>", b"<P>\xc3\xa9", "without P"),
    ],
)
def test_bad_xml_is_refused(before: Any, after: Any, what: Any, rsa_key: RSAPrivateKey) -> None:
    assert what in refused(xml(rsa_key).replace(before, after))


def test_numbers_that_do_not_fit_are_refused(rsa_key: RSAPrivateKey) -> None:
    assert "D, P, Q" in refused(xml(rsa_key, P=None))
    assert "no RSA key" in refused(xml(rsa_key, P=15))
    assert "no RSA key" in refused(xml(rsa_key, P=1))
