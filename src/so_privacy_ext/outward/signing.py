"""Signs and verifies what is told outward, by the headers of Standard Webhooks 1.0; a function of values."""

from __future__ import annotations

import hmac
import re
import time
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from so_privacy_ext.errors import Exit, Refused, Rejected

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300.0
"""Seconds that a message may be old, or early."""
SHORTEST_SECRET, LONGEST_SECRET = 24, 64
"""Bytes."""
PREFIX = "whsec_"

Headers = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]

_VERSION = "v1,"
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_NO_SIGNATURE = bytes(32)


class Wrong(StrEnum):
    """What is wrong with a message that is not believed."""

    NO_ID = "no_id"
    NO_TIMESTAMP = "no_timestamp"
    NO_SIGNATURE = "no_signature"
    BAD_TIMESTAMP = "bad_timestamp"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"
    NOT_SIGNED = "not_signed"
    """None of the secrets made any of its signatures over this id, timestamp and body."""


class NotBelieved(Rejected):
    """Whoever sent this does not know a secret of ours, or sends again what somebody captured. Answer 401."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong, 401)


def write_secret(key: bytes) -> str:
    """Write a key as whoever receives is given it."""
    return PREFIX + b64encode(_strong(key)).decode()


def read_secret(secret: str) -> bytes:
    """Read a secret, with or without its prefix; refused if it is none or could be guessed, never quoted."""
    text = secret.strip().removeprefix(PREFIX)
    try:
        key = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (BadBase64, ValueError):
        raise _weak("it is not base64") from None
    return _strong(key)


def sign(message_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> str:
    """Give the signature header: one signature for each secret, so two while one is replaced."""
    return " ".join(
        _VERSION + b64encode(_mac(message_id.encode(), b"%d" % timestamp, body, read_secret(one))).decode()
        for one in secrets
    )


def verify(body: bytes, headers: Headers, secrets: Sequence[str], *, now: float | None = None) -> str:
    """Give the id of a message that one of the secrets signed within five minutes of now (unix seconds).

    `body` is the request's before anything has read it as JSON. Raises NotBelieved, which says what is wrong.
    A message that comes twice has the same id: keep ids for a while, and do nothing for one that you know.
    """
    keys = [read_secret(one) for one in secrets]
    if not keys:
        raise Refused("no_secret", "no secret was given", "give the endpoint's whsec_ secret", Exit.CONFIG)
    given = {_text(name).lower(): _text(value).strip() for name, value in _pairs(headers)}
    message_id, timestamp, signatures = (given.get(one, "") for one in (ID, TIMESTAMP, SIGNATURE))
    _refuse_absent(message_id, timestamp, signatures)
    _refuse_stale(timestamp, time.time() if now is None else now)
    candidates = [_digest(one) for one in signatures.split()]
    good = False
    for key in keys:
        expected = _mac(message_id.encode("utf-8", "replace"), timestamp.encode(), body, key)
        for candidate in candidates:
            good |= hmac.compare_digest(expected, candidate)  # no end before the last one
    if not good:
        raise NotBelieved(Wrong.NOT_SIGNED)
    return message_id


def _refuse_absent(message_id: str, timestamp: str, signatures: str) -> None:
    if not message_id:
        raise NotBelieved(Wrong.NO_ID)
    if not timestamp:
        raise NotBelieved(Wrong.NO_TIMESTAMP)
    if not signatures:
        raise NotBelieved(Wrong.NO_SIGNATURE)


def _refuse_stale(timestamp: str, now: float) -> None:
    if not _SECONDS.fullmatch(timestamp):
        raise NotBelieved(Wrong.BAD_TIMESTAMP)
    if int(timestamp) < now - TOLERANCE:
        raise NotBelieved(Wrong.TOO_OLD)
    if int(timestamp) > now + TOLERANCE:
        raise NotBelieved(Wrong.TOO_NEW)


def _mac(message_id: bytes, timestamp: bytes, body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, message_id + b"." + timestamp + b"." + body, "sha256")


def _digest(signature: str) -> bytes:
    """Give what one signature of the header says; nothing that could be right where it is none of ours."""
    if not signature.startswith(_VERSION):
        return _NO_SIGNATURE
    try:
        return b64decode(signature.removeprefix(_VERSION), validate=True)
    except (BadBase64, ValueError):
        return _NO_SIGNATURE


def _strong(key: bytes) -> bytes:
    if not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise _weak(f"it has {len(key)} bytes")
    return key


def _weak(what: str) -> Refused:
    how = f"give {SHORTEST_SECRET} to {LONGEST_SECRET} random bytes in base64 after {PREFIX}"
    return Refused("weak_secret", f"a secret of Standard Webhooks can't be used: {what}", how, Exit.CONFIG)


def _pairs(headers: Headers) -> Iterable[tuple[str | bytes, str | bytes]]:
    return headers.items() if isinstance(headers, Mapping) else headers


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
