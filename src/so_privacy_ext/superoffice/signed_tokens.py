"""Tokens that the login service signs: the one place where a JWT is taken apart and believed."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeGuard

import jwt

from so_privacy_ext.superoffice.signing_keys import SigningKeys
from so_privacy_ext.superoffice.strict_json import read_object

CLAIM = "http://schemes.superoffice.net/identity/"
"""The vendor writes `schemes`."""
LONGEST = 16 * 1024
"""Bytes of a token."""

_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_CHANGES_ITS_MEANING = frozenset({"crit", "b64", "zip", "enc"})
_LEEWAY = 60
_LONGEST_LIFE = 3600


class TokenError(ValueError):
    """A token that is not believed; the text says which check failed, and nothing of the token."""


class NoTokenError(TokenError):
    """What came is not even of the form of a token, so no key was looked at."""


def read(token: object, keys: SigningKeys) -> dict[str, Any]:
    """Give the claims of a token that one of the environment's keys signed with RS256.

    Whatever else the header names, such as where a key may be got, is not read. Raises `TokenError`, or
    `CrmFailure` while the keys can't be had.
    """
    if not isinstance(token, str) or len(token) > LONGEST or _SHAPE.fullmatch(token) is None:
        raise NoTokenError("not of the form of a token")
    header = _header(token)
    thumbprint = header.get("x5t")
    kind = header.get("typ", "JWT")
    if header.get("alg") != "RS256" or kind != "JWT" or _CHANGES_ITS_MEANING & header.keys():
        raise TokenError("another kind of token")
    if not isinstance(thumbprint, str):
        raise TokenError("no key is named")
    key = keys.by_thumbprint(thumbprint)
    if key is None:
        raise TokenError("signed with an unknown key")
    try:
        return read_object(jwt.PyJWS().decode(token, key, algorithms=["RS256"]))
    except (jwt.PyJWTError, ValueError):
        raise TokenError("the signature or the content is wrong") from None


def check(claims: Mapping[str, Any], *, issuer: str, audience: str, now: datetime) -> None:
    """See that a token is by this issuer, for this audience alone, and good now; raise `TokenError` if not.

    Our clock may be a minute off. `iat` may be missing, or a text, as the vendor's is.
    """
    if claims.get("iss") != issuer:
        raise TokenError("another issuer")
    if claims.get("aud") != audience:
        raise TokenError("for somebody else")
    begins: object = claims.get("nbf")
    ends: object = claims.get("exp")
    issued: object = claims.get("iat", begins)
    if isinstance(issued, str) and re.fullmatch(r"[0-9]{1,15}", issued):
        issued = int(issued)
    if not (_is_time(begins) and _is_time(ends) and _is_time(issued)):
        raise TokenError("a time is missing or is none")
    at = now.timestamp()
    if not max(begins, issued) - _LEEWAY <= at <= ends + _LEEWAY:
        raise TokenError("too early or too late")
    if ends - begins > _LONGEST_LIFE:
        raise TokenError("good for too long")


def _is_time(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _header(token: str) -> dict[str, Any]:
    segment = token.partition(".")[0]
    try:
        return read_object(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:
        raise NoTokenError("the header is none") from None
