"""Reads the application's private RSA key as the vendor's portal or openssl writes it."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from so_privacy_ext.errors import Exit, Refused

_SHORTEST = 2048
_LARGEST_FILE = 64 * 1024
_HOW = "give the private RSA key (at least 2048 bits, no password) as PEM or RSAKeyValue XML"


def load_private_key(data: bytes, *, where: str = "") -> rsa.RSAPrivateKey:
    """Read PEM (PKCS#1, PKCS#8) or RSAKeyValue XML; anything else is `Refused`, and never quoted."""
    if len(data) > _LARGEST_FILE:
        raise _refused("too large to be a key", where)
    text = data.removeprefix(b"\xef\xbb\xbf").strip()
    key = _from_xml(text, where) if text.startswith(b"<") else _from_pem(text, where)
    if key.key_size < _SHORTEST:
        raise _refused("an RSA key of less than 2048 bits", where)
    return key


def _from_pem(text: bytes, where: str) -> rsa.RSAPrivateKey:
    if text.count(b"-----BEGIN ") != 1:
        raise _refused("not exactly one PEM block", where)
    try:
        key = load_pem_private_key(text, password=None)
    except TypeError:
        raise _refused("protected by a password", where) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _refused("not a private key in PEM", where) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise _refused("not an RSA key", where)
    return key


def _from_xml(text: bytes, where: str) -> rsa.RSAPrivateKey:
    if b"<!DOCTYPE" in text or b"\0" in text:
        raise _refused("not plain XML", where)
    try:
        root = etree.fromstring(
            text, etree.XMLParser(resolve_entities=False, no_network=True, recover=False, huge_tree=False)
        )
    except (etree.XMLSyntaxError, ValueError):
        raise _refused("not well-formed XML", where) from None
    if root.tag != "RSAKeyValue":
        raise _refused("XML, but no RSAKeyValue", where)
    modulus, exponent, p, q, d = (
        _number(root, name, where) for name in ("Modulus", "Exponent", "P", "Q", "D")
    )
    try:
        return rsa.RSAPrivateNumbers(
            p=p,
            q=q,
            d=d,
            dmp1=rsa.rsa_crt_dmp1(d, p),
            dmq1=rsa.rsa_crt_dmq1(d, q),
            iqmp=rsa.rsa_crt_iqmp(p, q),
            public_numbers=rsa.RSAPublicNumbers(exponent, modulus),
        ).private_key()
    except (ValueError, ArithmeticError):
        raise _refused("numbers that make no RSA key", where) from None


def _number(root: etree._Element, name: str, where: str) -> int:
    try:
        octets = base64.b64decode("".join((root.findtext(name) or "").split()), validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if not octets:
        raise _refused(f"RSAKeyValue without {name} (a public key has no D, P, Q)", where)
    return int.from_bytes(octets, "big")


def _refused(what: str, where: str) -> Refused:
    return Refused("private_key_unusable", f"the private key is {what}", _HOW, Exit.CONFIG, where=where)
