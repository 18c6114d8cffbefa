"""Who is signed in: a cookie that says nothing, and a session in the database that says it all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from so_privacy_ext.model import AssociateId, ContextIdentifier, TenantId

COOKIE = "__Host-so-privacy"
"""The prefix has browsers take it from this very host alone, and over TLS; Chromium and Firefox count a
sandbox on this machine as such.
"""
_ID = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Signed:
    """An administrator of a tenant who is signed in."""

    tenant_id: TenantId
    context_identifier: ContextIdentifier
    environment: str
    associate_id: AssociateId
    csrf: str = field(repr=False)
    """What each form must bring along."""
    language: str | None
    """en, da, nb, sv or de if she chose one, else the browser's wish counts."""
    session: bytes = field(repr=False)
    """By this the session is ended; it opens nothing."""


class Found(Protocol):
    """A session as it is kept."""

    @property
    def tenant_id(self) -> TenantId: ...
    @property
    def context_identifier(self) -> ContextIdentifier: ...
    @property
    def environment(self) -> str: ...
    @property
    def associate_id(self) -> AssociateId: ...
    @property
    def csrf(self) -> str: ...
    @property
    def language(self) -> str | None: ...
    @property
    def session_hash(self) -> bytes: ...


class Store(Protocol):
    """Where sessions are kept; every call asks the database."""

    def begin(self, tenant_id: TenantId, associate_id: AssociateId) -> str: ...
    def find(self, session_id: str) -> Found | None: ...
    def speak(self, tenant_id: TenantId, session_hash: bytes, language: str) -> None: ...
    def end(self, tenant_id: TenantId, session_hash: bytes) -> None: ...


class Sessions:
    """Sessions by cookie; every call waits for the database, so it belongs in a thread (a `def` endpoint)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def current(self, request: Request) -> Signed | None:
        """Tell who is signed in; this counts as a use, after which half an hour's rest ends the session."""
        session_id = request.cookies.get(COOKIE, "")
        if _ID.fullmatch(session_id) is None:
            return None
        found = self._store.find(session_id)
        if found is None:
            return None
        return Signed(
            tenant_id=found.tenant_id,
            context_identifier=found.context_identifier,
            environment=found.environment,
            associate_id=found.associate_id,
            csrf=found.csrf,
            language=found.language,
            session=found.session_hash,
        )

    def begin(
        self, request: Request, response: Response, tenant_id: TenantId, associate_id: AssociateId
    ) -> None:
        """Sign somebody in under a new id; whatever session the browser brought along is over."""
        before = self.current(request)
        if before is not None:
            self._store.end(before.tenant_id, before.session)
        _set(response, self._store.begin(tenant_id, associate_id))

    def speak(self, signed: Signed, language: str) -> None:
        """Keep the language that somebody chose."""
        self._store.speak(signed.tenant_id, signed.session, language)

    def end(self, signed: Signed, response: Response) -> None:
        """Sign somebody out."""
        self._store.end(signed.tenant_id, signed.session)
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def _set(response: Response, session_id: str) -> None:
    response.set_cookie(COOKIE, session_id, path="/", secure=True, httponly=True, samesite="lax")
