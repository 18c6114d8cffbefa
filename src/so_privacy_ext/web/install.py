"""Administrators come in by SuperID: to install us, and to look after what is installed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import anyio.to_thread
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from so_privacy_ext.errors import CrmFailure, Refused, Rejected
from so_privacy_ext.model import TenantId
from so_privacy_ext.web import forms
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.noting import caller, note
from so_privacy_ext.web.rendering import Pages
from so_privacy_ext.web.security import PAGE_HEADERS
from so_privacy_ext.web.sessions import Sessions
from so_privacy_ext.web.sign_in import Arrived, SignIn, SignIns, SuperId

CALLBACK, INSTALLED, SIGNED_OUT, HOME = "/callback", "/installed", "/signed-out", "/configure"
INSTALL, CONFIGURE = "install", "configure"
_OURS = re.compile(r"/configure(/[a-z0-9-]{1,40}){0,4}|/installed")
"""Where a sign-in may lead to."""
_AT_ONCE = 8
"""Threads in which SuperID and the CRM are waited for; pages that only read have others."""

_log = structlog.get_logger()


class Piece(Protocol):
    """Something of ours in a tenant's CRM."""

    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...


class Product(Protocol):
    """What the way in needs of the product; every call may wait."""

    def super_id(self) -> SuperId: ...
    def installed(self, context_identifier: str, environment: str) -> TenantId | None:
        """Find a tenant."""

    def install(self, context_identifier: str, environment: str, system_user_token: str) -> object:
        """Install a tenant, or complete what is missing; a tenant that has all is left as it is."""

    def knows_token(self, tenant_id: TenantId, system_user_token: str) -> bool:
        """Tell whether we act by this token; another one means that we were approved anew."""

    def pieces(self, tenant_id: TenantId) -> Sequence[Piece]:
        """Give what of ours is in the tenant's CRM."""


class Entrance:
    """The addresses by which administrators come in and go."""

    def __init__(
        self,
        sessions: Sessions,
        sign_ins: SignIns,
        product: Product,
        pages: Pages,
        floods: Floods | None = None,
    ) -> None:
        """With `floods` those are counted who go to SuperID, of whom each is noted for ten minutes."""
        self._sessions = sessions
        self._sign_in = SignIn(product.super_id, sign_ins)
        self._product = product
        self._pages = pages
        self._floods = floods or Floods()
        self._threads: anyio.CapacityLimiter | None = None

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/install", self.install, methods=["GET"]),
            Route("/uninstall", self.uninstall, methods=["GET"]),
            Route("/sign-in", self.sign_in, methods=["GET"]),
            Route(CALLBACK, self._in_own_thread(self._come_in), methods=["GET"]),
            Route(INSTALLED, self.installed, methods=["GET"]),
            Route("/logout", self.logout, methods=["POST"]),
            Route(SIGNED_OUT, self.signed_out, methods=["GET"]),
        ]

    def install(self, request: Request) -> Response:
        """Begin an installation; the App Store's Buy leads here."""
        return self._begin(request, INSTALL, INSTALLED)

    def uninstall(self, _request: Request) -> Response:
        """Show the administrator's pages; the App Store's Uninstall is a link that by itself ends nothing."""
        return RedirectResponse(f"{HOME}/uninstall", 303, PAGE_HEADERS)

    def sign_in(self, request: Request) -> Response:
        """Have somebody sign in who wants to see one of our pages."""
        wanted = forms.only_value(request, "to")
        return self._begin(request, CONFIGURE, wanted if wanted and _OURS.fullmatch(wanted) else HOME)

    def _begin(self, request: Request, purpose: str, leads_to: str) -> Response:
        if self._floods.refused(caller(request.scope)):
            raise Rejected("too_many_requests", 429)
        return self._sign_in.begin(purpose, leads_to)

    def installed(self, request: Request) -> Response:
        """Say what is in the tenant's CRM now, and what comes next."""
        signed = self._sessions.current(request)
        if signed is None:
            return RedirectResponse(f"/sign-in?to={INSTALLED}", 303, PAGE_HEADERS)
        pieces = self._product.pieces(signed.tenant_id)
        kinds = {
            kind: [one.key for one in pieces if one.kind == kind] for kind in ("webhook", "purpose", "source")
        }
        return self._pages.render(
            request, "installed.html", language=signed.language, signed=signed, kinds=kinds
        )

    async def logout(self, request: Request) -> Response:
        """Sign out, by a form of ours."""
        signed = await run_in_threadpool(self._sessions.current, request)
        await forms.read(request, signed)
        response = RedirectResponse(SIGNED_OUT, 303, PAGE_HEADERS)
        if signed is not None:
            await run_in_threadpool(self._sessions.end, signed, response)
            note(request.scope, "signed_out", tenant_id=signed.tenant_id, associate_id=signed.associate_id)
        return response

    def signed_out(self, request: Request) -> Response:
        """Say that it is over; a page that would sign in again by itself would not be believed."""
        return self._pages.render(request, "signed_out.html")

    def _come_in(self, request: Request) -> Response:
        """Meet an administrator who comes back from SuperID."""
        try:
            arrived = self._sign_in.finish(request)
            tenant_id = self._tenant_of(arrived)
        except Rejected as rejected:
            note(request.scope, "sign_in_refused", refused=True, code=rejected.code)
            raise
        response = RedirectResponse(arrived.begun.leads_to, 303, PAGE_HEADERS)
        self._sign_in.forget(request, response)
        associate_id = arrived.identity.associate_id
        self._sessions.begin(request, response, tenant_id, associate_id)
        note(request.scope, "signed_in", tenant_id=tenant_id, associate_id=associate_id)
        return response

    def _tenant_of(self, arrived: Arrived) -> TenantId:
        """Give the tenant, installed if that is what she came for, or if she has just approved us anew."""
        who, environment = arrived.identity, arrived.begun.environment
        if not who.is_administrator:
            raise Rejected("admin_required", 403)
        tenant_id = self._product.installed(who.context_identifier, environment)
        token = who.system_user_token
        if arrived.begun.purpose == CONFIGURE:
            if tenant_id is None:
                raise Rejected("not_installed", 404)
            if token is not None and not self._product.knows_token(tenant_id, token):
                self._renew(who.context_identifier, environment, token)
            return tenant_id
        if token is None:
            raise Rejected("no_system_user", 403)
        try:
            self._product.install(who.context_identifier, environment, token)
        except Refused as refused:
            _log.error("installation_refused", code=refused.code, what=refused.what, how=refused.how)
            raise Rejected("install_failed", 503) from refused
        tenant_id = self._product.installed(who.context_identifier, environment)
        if tenant_id is None:  # removed by another administrator in this very moment
            raise Rejected("not_installed", 404)
        return tenant_id

    def _renew(self, context_identifier: str, environment: str, token: str) -> None:
        """Act by the new token from now on; if that fails, she sees on our pages what is wrong."""
        try:
            self._product.install(context_identifier, environment, token)
        except (CrmFailure, Refused) as failure:
            _log.error("renewal_failed", failure=type(failure).__name__)

    def _in_own_thread(self, work: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if self._threads is None:
                self._threads = anyio.CapacityLimiter(_AT_ONCE)
            return await anyio.to_thread.run_sync(work, request, limiter=self._threads)

        return endpoint
