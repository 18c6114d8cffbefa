"""What a client was granted: codes that live ten minutes and once, and refresh tokens that live on."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

CODE_LIFETIME = timedelta(minutes=10)


class GrantError(Exception):
    """Nothing is granted for this; the text says why."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A client's leave to act for somebody who signed in."""

    client_id: str
    redirect_uri: str
    context_identifier: str
    associate_id: int
    nonce: str | None
    challenge: str | None
    challenge_method: str
    """plain or S256."""


class Grants:
    """All that are out; the sandbox's clock says when a code is too old."""

    def __init__(self) -> None:
        self._codes: dict[str, tuple[Grant, datetime]] = {}
        self._refreshing: dict[str, Grant] = {}

    def issue_code(self, grant: Grant, now: datetime) -> str:
        code = secrets.token_urlsafe(32)
        self._codes[code] = grant, now + CODE_LIFETIME
        return code

    def redeem(
        self, code: str, *, client_id: str, redirect_uri: str, verifier: str | None, now: datetime
    ) -> Grant:
        """Give what a code was issued for; whatever is wrong, the code is worth nothing any more."""
        grant, until = self._codes.pop(code, (None, now))
        if grant is None or now >= until:
            raise GrantError("the code is unknown, used or older than ten minutes")
        if grant.client_id != client_id or grant.redirect_uri != redirect_uri:
            raise GrantError("the code was issued to another client or redirect_uri")
        if not _proves(grant, verifier):
            raise GrantError("the code_verifier does not fit the code_challenge")
        return grant

    def remember(self, grant: Grant) -> str:
        """Give a refresh token, good for as long as the tenant lets the app in."""
        token = secrets.token_urlsafe(32)
        self._refreshing[token] = grant
        return token

    def refreshing(self, token: str, *, client_id: str) -> Grant:
        grant = self._refreshing.get(token)
        if grant is None or grant.client_id != client_id:
            raise GrantError("the refresh_token is unknown")
        return grant


def _proves(grant: Grant, verifier: str | None) -> bool:
    if grant.challenge is None:
        return verifier is None
    if verifier is None:
        return False
    if grant.challenge_method == "plain":
        return secrets.compare_digest(verifier.encode(), grant.challenge.encode())
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return secrets.compare_digest(made, grant.challenge.encode())
