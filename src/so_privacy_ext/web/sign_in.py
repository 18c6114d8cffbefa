"""A browser's way to SuperID and back: each way is walked once, by the browser that began it, in time."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from so_privacy_ext.errors import Refused, Rejected
from so_privacy_ext.model import AssociateId, ContextIdentifier
from so_privacy_ext.web import forms
from so_privacy_ext.web.security import PAGE_HEADERS

_COOKIE = "__Host-so-privacy-in-"
_SECONDS = 600
_RANDOM = re.compile(r"[A-Za-z0-9_-]{43}")
_CODE = re.compile(r"[\x21-\x7e]{1,4096}")
_NEVER_ASKED_FOR = ("id_token", "access_token", "token", "response")
_ERRORS = {"access_denied": ("sign_in_denied", 403)}

_log = structlog.get_logger()


class Identity(Protocol):
    """Who signed in."""

    @property
    def context_identifier(self) -> ContextIdentifier: ...
    @property
    def associate_id(self) -> AssociateId: ...
    @property
    def is_administrator(self) -> bool: ...
    @property
    def system_user_token(self) -> str | None: ...


class SuperId(Protocol):
    """The login service of the environment where we are registered."""

    @property
    def environment(self) -> str: ...
    @property
    def issuer(self) -> str: ...
    def address(self, *, state: str, nonce: str, verifier: str) -> str: ...
    def redeem(self, code: str, *, nonce: str, verifier: str) -> Identity: ...


class Begun(Protocol):
    """What a sign-in was begun for."""

    @property
    def purpose(self) -> str: ...
    @property
    def environment(self) -> str: ...
    @property
    def leads_to(self) -> str: ...


class SignIns(Protocol):
    """Where it is kept who is on the way."""

    def expect(self, state: str, browser: str, *, purpose: str, environment: str, leads_to: str) -> None: ...
    def take(self, state: str, browser: str) -> Begun | None: ...
    def secret_of(self, browser: str, what: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody who came back."""

    identity: Identity
    begun: Begun


class SignIn:
    """Sends browsers off and meets them; every call waits for the database, some for SuperID."""

    def __init__(self, super_id: Callable[[], SuperId], sign_ins: SignIns) -> None:
        self._super_id = super_id
        self._sign_ins = sign_ins

    def begin(self, purpose: str, leads_to: str) -> Response:
        """Send a browser to SuperID, with a cookie of its own for this one way."""
        super_id = self._available()
        state, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._sign_ins.expect(
            state, browser, purpose=purpose, environment=super_id.environment, leads_to=leads_to
        )
        address = super_id.address(
            state=state, nonce=self._derived(browser, "nonce"), verifier=self._derived(browser, "verifier")
        )
        response = RedirectResponse(address, 303, PAGE_HEADERS)
        response.set_cookie(
            _cookie(state), browser, max_age=_SECONDS, path="/", secure=True, httponly=True, samesite="lax"
        )
        return response

    def finish(self, request: Request) -> Arrived:
        """Meet a browser that came back; raises `Rejected`, or `CrmFailure` where SuperID can't be asked.

        Whatever comes of it, this way is over.
        """
        super_id = self._available()
        if any(name in request.query_params for name in _NEVER_ASKED_FOR):
            raise Rejected("sign_in_failed", 400)
        state, code, error, issuer = (
            forms.only_value(request, name) for name in ("state", "code", "error", "iss")
        )
        browser = request.cookies.get(_cookie(state or ""), "")
        known = state is not None and _RANDOM.fullmatch(state) and _RANDOM.fullmatch(browser)
        begun = self._sign_ins.take(state, browser) if state is not None and known else None
        if begun is None or begun.environment != super_id.environment:
            raise Rejected("bad_state", 400)
        if issuer not in {None, super_id.issuer}:
            raise Rejected("sign_in_failed", 400)
        if error is not None:
            raise Rejected(*_ERRORS.get(error if code is None else "", ("sign_in_failed", 400)))
        if code is None or _CODE.fullmatch(code) is None:
            raise Rejected("bad_code", 400)
        identity = super_id.redeem(
            code, nonce=self._derived(browser, "nonce"), verifier=self._derived(browser, "verifier")
        )
        return Arrived(identity, begun)

    def forget(self, request: Request, response: Response) -> None:
        """Take back the cookie of a way that was walked to its end."""
        name = _cookie(request.query_params.get("state", ""))
        response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")

    def _available(self) -> SuperId:
        try:
            return self._super_id()
        except Refused as refused:
            _log.error("sign_in_unavailable", code=refused.code, what=refused.what, how=refused.how)
            raise Rejected("sign_in_unavailable", 503) from refused

    def _derived(self, browser: str, what: str) -> str:
        """Give a secret of this way, which is kept nowhere, since the cookie and our key make it."""
        return base64.urlsafe_b64encode(self._sign_ins.secret_of(browser, what)).rstrip(b"=").decode()


def _cookie(state: str) -> str:
    """Name a cookie after its way, so that two in two tabs don't disturb each other."""
    return _COOKIE + (state[:8] if _RANDOM.fullmatch(state) else "")
