"""Tells whether a body was signed with one of a tenant's live secrets, in a time that tells nothing else."""

from __future__ import annotations

import hmac
from binascii import b2a_base64
from collections.abc import Callable, Sequence

from so_privacy_ext.errors import Exit, Refused

SIGNATURE_LENGTH = 44
"""Characters of a SHA-256 digest in base64."""
SHORTEST_SECRET = 24
"""Bytes; our own secrets are longer."""
LIVE_SECRETS = 2
"""While a secret is rotated: the current and the previous one."""

_NOBODY = bytes(32)
_NO_SIGNATURE = b"=" * SIGNATURE_LENGTH

Mac = Callable[[bytes, bytes], bytes]
Equal = Callable[[bytes, bytes], bool]


def sign(body: bytes, secret: bytes) -> bytes:
    """Give what the CRM puts into `X-SuperOffice-Signature`."""
    return b2a_base64(hmac.digest(secret, body, "sha256"), newline=False)


def matching(
    body: bytes,
    headers: Sequence[bytes],
    secrets: Sequence[bytes],
    *,
    mac: Mac = sign,
    equal: Equal = hmac.compare_digest,
) -> int | None:
    """Give the place of the secret that signed the body; none if none did or there is not exactly one header.

    Encoded bytes are compared, since several base64 texts decode to one digest. Whatever is wrong, as many
    digests are made and compared as for a tenant with all its secrets, so that a refusal takes one time; only
    a right signature ends it earlier, and whoever sent that knows the secret.
    """
    one = len(headers) == 1 and len(headers[0]) == SIGNATURE_LENGTH
    candidate = headers[0] if one else _NO_SIGNATURE
    for place, secret in enumerate(secrets):
        if equal(mac(body, secret), candidate) and one:
            return place
    for _ in range(LIVE_SECRETS - len(secrets)):
        equal(mac(body, _NOBODY), candidate)
    return None


def verify(body: bytes, headers: Sequence[bytes], secrets: Sequence[bytes]) -> bool:
    """Tell whether one of the secrets signed the body."""
    return matching(body, headers, secrets) is not None


def strong(secret: bytes) -> bool:
    """Tell whether a secret may sign at all."""
    return len(secret.strip()) >= SHORTEST_SECRET


def refuse_weak(secret: bytes) -> None:
    """Refuse a webhook secret that could be guessed; the text does not quote it."""
    if not strong(secret):
        raise Refused(
            "weak_secret",
            f"a webhook secret has fewer than {SHORTEST_SECRET} bytes",
            "let us make one, or give 32 random bytes in base64",
            Exit.CONFIG,
        )
