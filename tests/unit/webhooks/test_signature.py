"""The signature over raw bytes, with published vectors and everything that is nearly one."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.webhooks import signature

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "superoffice-signature.json").read_bytes())[
    "vectors"
]
BODY = b'{"EventId":"88f91933-edce-4c1a-8ded-ade8e2f72434","WebhookName":"T\xc3\xb8"}\r\n'
SECRET = b"current-secret-0123456789abcdef"
PREVIOUS = b"previous-secret-0123456789abcdef"
GOOD = signature.sign(BODY, SECRET)


def _body(vector: Any) -> Any:
    body = vector["body"]
    return bytes.fromhex(body["repeat"]) * body["times"] if isinstance(body, dict) else bytes.fromhex(body)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_published_vectors(vector: Any) -> None:
    secret, body, expected = bytes.fromhex(vector["secret"]), _body(vector), vector["signature"].encode()

    assert signature.sign(body, secret) == expected
    assert signature.verify(body, [expected], [secret])
    assert not signature.verify(body + b" ", [expected], [secret])


def test_an_independent_implementation_agrees() -> None:
    digest = hmac.new(SECRET, BODY, hashlib.sha256).digest()

    assert base64.b64encode(digest) == GOOD


@pytest.mark.row("B16")
@pytest.mark.parametrize("headers", [[], [b""], [b"  "], [b" " * 44]])
def test_no_signature(headers: Any) -> None:
    assert not signature.verify(BODY, headers, [SECRET])


@pytest.mark.row("B17")
@pytest.mark.parametrize(
    "headers",
    [
        [GOOD, signature.sign(BODY, b"another")],
        [signature.sign(BODY, b"another"), GOOD],
        [GOOD, GOOD],
        [GOOD + b"," + GOOD],
        [GOOD + b", " + GOOD],
    ],
)
def test_more_than_one_signature_is_none(headers: Any) -> None:
    assert not signature.verify(BODY, headers, [SECRET])


@pytest.mark.row("B18")
@pytest.mark.parametrize(
    "header", ["é".encode() * 22, b"\xff" * 44, b"\x00" * 44, "é".encode("latin-1") * 44]
)
def test_bytes_beyond_ascii(header: Any) -> None:
    assert not signature.verify(BODY, [header], [SECRET])


def _last_character_plus_one(text: bytes) -> bytes:
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return text[:42] + alphabet[alphabet.index(text[42]) + 1 :][:1] + b"="


@pytest.mark.row("B19")
@pytest.mark.parametrize(
    "near",
    [
        _last_character_plus_one(GOOD),
        GOOD[:-1],
        GOOD.replace(b"+", b"-").replace(b"/", b"_") if b"+" in GOOD or b"/" in GOOD else GOOD[:-1] + b"-",
        GOOD[:20] + b" " + GOOD[20:],
        GOOD[:20] + b"\n" + GOOD[20:],
        hmac.new(SECRET, BODY, hashlib.sha256).hexdigest().encode(),
        b"sha256=" + GOOD,
        GOOD.lower(),
        GOOD + b"=",
    ],
)
def test_other_writings_of_the_right_digest(near: Any) -> None:
    assert near != GOOD
    assert not signature.verify(BODY, [near], [SECRET])


def test_the_last_character_variant_decodes_to_the_same_digest() -> None:
    assert base64.b64decode(_last_character_plus_one(GOOD)) == base64.b64decode(GOOD)


@pytest.mark.row("B20")
@pytest.mark.parametrize(
    "other",
    [
        json.dumps(json.loads(BODY)).encode(),
        BODY.strip(),
        b"\xef\xbb\xbf" + BODY,
        BODY.replace(b"\r\n", b"\n"),
    ],
)
def test_a_body_that_only_means_the_same(other: Any) -> None:
    assert not signature.verify(other, [GOOD], [SECRET])
    assert not signature.verify(BODY, [signature.sign(other, SECRET)], [SECRET])


@pytest.mark.row("B22")
def test_two_secrets_live_while_one_is_rotated() -> None:
    both = [SECRET, PREVIOUS]

    assert signature.matching(BODY, [GOOD], both) == 0
    assert signature.matching(BODY, [signature.sign(BODY, PREVIOUS)], both) == 1
    assert signature.matching(BODY, [signature.sign(BODY, PREVIOUS)], [SECRET]) is None


@pytest.mark.row("B27")
@pytest.mark.parametrize("secrets", [[], [SECRET], [SECRET, PREVIOUS]], ids=["unknown", "one", "two"])
@pytest.mark.parametrize(
    "headers",
    [[], [b"short"], [GOOD, GOOD], [b"A" + GOOD[1:]], [GOOD[:42] + b"A="], [b"\xff" * 44]],
    ids=["missing", "short", "two", "first byte", "last byte", "not ascii"],
)
def test_every_refusal_does_the_same_work(secrets: Any, headers: Any) -> None:
    """The figure with a clock is the bench's; here the work itself is counted."""
    macs, comparisons = [], []

    def mac(body: bytes, secret: bytes) -> bytes:
        macs.append((len(body), len(secret) > 0))
        return signature.sign(body, secret)

    def equal(one: bytes, other: bytes) -> bool:
        comparisons.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    assert signature.matching(BODY, headers, secrets, mac=mac, equal=equal) is None
    assert macs == [(len(BODY), True)] * signature.LIVE_SECRETS
    assert comparisons == [(44, 44)] * signature.LIVE_SECRETS


@pytest.mark.row("B23")
@pytest.mark.parametrize("weak", [b"", b"short", b" " * 40, b"  23-bytes-are-too-few-.  "])
def test_weak_secrets_are_refused_without_being_quoted(weak: Any) -> None:
    with pytest.raises(Refused) as refused:
        signature.refuse_weak(weak)

    assert refused.value.code == "weak_secret"
    assert not weak.strip() or weak.decode().strip() not in str(refused.value)


def test_our_own_secrets_are_strong() -> None:
    signature.refuse_weak(base64.b64encode(bytes(range(32))))


@pytest.mark.row("B28")
def test_a_captured_body_is_worth_nothing_at_another_slot() -> None:
    assert not signature.verify(BODY, [GOOD], [PREVIOUS])
