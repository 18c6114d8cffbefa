"""Lets signed-in administrators in, and does their work in threads, one thing at a time for each tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import anyio.to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from so_privacy_ext.errors import Rejected
from so_privacy_ext.model import TenantId
from so_privacy_ext.web import forms
from so_privacy_ext.web.console.visit import Tenancy, Visit
from so_privacy_ext.web.floods import Floods
from so_privacy_ext.web.forms import Posted
from so_privacy_ext.web.noting import caller
from so_privacy_ext.web.rendering import Pages
from so_privacy_ext.web.security import PAGE_HEADERS
from so_privacy_ext.web.sessions import COOKIE, Sessions, Signed

Work = Callable[[Visit], Response]
_Endpoint = Callable[[Request], Awaitable[Response]]

SIGN_IN = "/sign-in"
_AT_ONCE = 16
"""Threads in which tenants' turns are waited for; pages that only read have others."""


class Door:
    """Makes routes of functions that answer a visit."""

    def __init__(self, sessions: Sessions, tenancy: Tenancy, pages: Pages, floods: Floods) -> None:
        self._sessions = sessions
        self._tenancy = tenancy
        self._pages = pages
        self._floods = floods
        self._threads: anyio.CapacityLimiter | None = None
        self._one_at_a_time: dict[TenantId, asyncio.Lock] = {}

    def shown(self, path: str, work: Work) -> Route:
        """Route a page that is looked at; whoever is not signed in is sent to sign in."""

        async def endpoint(request: Request) -> Response:
            signed = await run_in_threadpool(self._sessions.current, request)
            if signed is None:
                self._count(request)
                return RedirectResponse(
                    SIGN_IN + "?" + urlencode({"to": request.url.path}), 303, PAGE_HEADERS
                )
            return await run_in_threadpool(work, self._visit(request, signed, Posted({}, {})))

        return Route(path, endpoint, methods=["GET"])

    def done(self, path: str, work: Work) -> Route:
        """Route what is done by a form; nothing of it is read before it is known who sends it."""

        async def endpoint(request: Request) -> Response:
            signed = await run_in_threadpool(self._sessions.current, request)
            if signed is None:
                raise Rejected("not_signed_in", 403)
            visit = self._visit(request, signed, await forms.read_with_files(request, signed))
            async with self._one_at_a_time.setdefault(signed.tenant_id, asyncio.Lock()):
                return await anyio.to_thread.run_sync(work, visit, limiter=self._limiter())

        return Route(path, endpoint, methods=["POST"])

    def _count(self, request: Request) -> None:
        """Have an address wait that has brought too many sessions that are none; a real one never waits."""
        if COOKIE in request.cookies and self._floods.refused(caller(request.scope)):
            raise Rejected("too_many_requests", 429)

    def _visit(self, request: Request, signed: Signed, posted: Posted) -> Visit:
        return Visit(request, signed, self._tenancy, self._pages, posted)

    def _limiter(self) -> anyio.CapacityLimiter:
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(_AT_ONCE)
        return self._threads
