"""Signing in by SuperID: where a browser is sent, and whom the code that it brings back stands for."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from so_privacy_ext.errors import Fault, Rejected
from so_privacy_ext.ports import Clock
from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.environments import Environment
from so_privacy_ext.superoffice.id_token import Identity, identify
from so_privacy_ext.superoffice.signed_tokens import NoTokenError, TokenError
from so_privacy_ext.superoffice.signing_keys import SigningKeys
from so_privacy_ext.superoffice.strict_json import read_object
from so_privacy_ext.superoffice.system_user import Application
from so_privacy_ext.superoffice.wire import HttpReply, Wire

_OPERATION = "Login.Tokens"
_LARGEST = 64 * 1024
_SECONDS = 15.0
"""A person waits for it."""


class SuperId:
    """One environment's login service as our app uses it; may be used by many threads.

    The client secret is asked for at each use, since it may have been rotated. The signing keys are its own:
    who sends us forged tokens by other ways can't use up its fetches.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str,
        application: Callable[[], Application],
        redirect_uri: str,
        clock: Clock,
        ca_file: Path | None = None,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.environment = environment.name
        self.issuer = environment.issuer
        self._login = environment.login
        self._client_id = client_id
        self._application = application
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._wire = Wire(private_addresses_allowed=environment.private_addresses_allowed, ca_file=ca_file)
        self._keys = SigningKeys(environment, self._wire, elapsed)

    def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Give the address to which a browser is sent; the code it comes back with needs the verifier."""
        challenge = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "client_id": self._client_id,
            "response_type": "code",
            "response_mode": "query",
            "scope": "openid",
            "redirect_uri": self._redirect_uri,
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self._login}/common/oauth/authorize?{urlencode(asked)}"

    def redeem(self, code: str, *, nonce: str, verifier: str) -> Identity:
        """Tell whom a code stands for.

        Raises `Rejected` for a code or token that is not this sign-in's, `CrmFailure` where SuperID can't be
        asked. Access and refresh tokens come along and are forgotten: we act as the system user alone.
        """
        asked = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "client_secret": self._application().application_token,
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        reply = self._wire.exchange(
            _OPERATION,
            "POST",
            f"{self._login}/common/oauth/tokens",
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode(asked).encode(),
            seconds=_SECONDS,
            limit=_LARGEST,
        )
        now = self._clock.now()
        if reply.status != 200:
            if _error(reply) == "invalid_grant":
                raise Rejected("bad_code", 400)
            if _error(reply) in {"invalid_client", "unauthorized_client"}:
                raise faults.failure(Fault.APP_KEY, _OPERATION, detail="the client is refused")
            raise faults.of_status(reply.status, reply.headers.get("Retry-After"), _OPERATION, now)
        try:
            token = read_object(reply.content).get("id_token")
        except ValueError:
            raise faults.protocol(_OPERATION, "not JSON") from None
        try:
            return identify(
                token, self._keys, issuer=self.issuer, client_id=self._client_id, nonce=nonce, now=now
            )
        except TokenError as error:
            raise Rejected("bad_token", 400 if isinstance(error, NoTokenError) else 401) from None

    def close(self) -> None:
        self._wire.close()


def _error(reply: HttpReply) -> object:
    """Give the code of an OAuth error; nothing else of the answer is looked at."""
    try:
        return read_object(reply.content).get("error")
    except ValueError:
        return None
