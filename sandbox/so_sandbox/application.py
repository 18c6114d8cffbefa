"""Everything that the sandbox answers, as one ASGI application."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from so_sandbox.control import deliveries, life, signing_in, tenants, worlds
from so_sandbox.login import documents, oauth, showing
from so_sandbox.login.site import WRONG_SUBDOMAIN
from so_sandbox.page import views as page
from so_sandbox.sandbox import Sandbox
from so_sandbox.soap.connection import AbortableConnections
from so_sandbox.soap.routes import routes as soap_routes

TICK = 0.2
"""Seconds between two looks for what has become due, such as a late default row."""


def create_application(sandbox: Sandbox, *, vendor: Path | None = None) -> ASGIApp:
    """Build it; `vendor` is a folder with the vendor's WSDLs to judge every envelope by."""
    routes: list[BaseRoute] = [
        *page.routes(sandbox),
        *worlds.routes(sandbox),
        *life.routes(sandbox),
        *tenants.routes(sandbox),
        *deliveries.routes(sandbox),
        *signing_in.routes(sandbox),
        *oauth.routes(sandbox.login),
        *showing.files(),
        *documents.routes(sandbox.login),
        *soap_routes(sandbox.world, vendor=vendor),
    ]
    if sandbox.site.prefix:
        routes = [Mount(sandbox.site.prefix, routes=routes)]
    _ignore_case(routes)
    application = Starlette(
        routes=routes, lifespan=_ticking(sandbox), exception_handlers={ClientDisconnect: _nobody_waits}
    )
    application.router.redirect_slashes = False
    return AbortableConnections(_Addressed(application, sandbox))


async def _nobody_waits(request: Request, error: Exception) -> Response:  # noqa: ARG001 - a handler's shape
    """Answer whoever is gone in the middle of a request; nobody will read it."""
    return Response(status_code=400)


def _ignore_case(routes: Sequence[BaseRoute]) -> None:
    """Match paths as IIS does: `/Login` is `/login`."""
    for route in routes:
        if isinstance(route, Route | Mount):
            route.path_regex = re.compile(route.path_regex.pattern, re.IGNORECASE)
        if isinstance(route, Mount):
            _ignore_case(route.routes)


def _ticking(sandbox: Sandbox) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:  # noqa: ARG001 - it is one for all
        task = asyncio.create_task(_tick(sandbox))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return lifespan


async def _tick(sandbox: Sandbox) -> None:
    while True:
        await asyncio.sleep(TICK)
        await asyncio.to_thread(sandbox.world.settle)


class _Addressed:
    """Takes absolute-form targets for what they mean, and a tenant's wrong host for a 421."""

    def __init__(self, application: ASGIApp, sandbox: Sandbox) -> None:
        self._application = application
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        path: str = scope["path"]
        absolute = re.match(r"(?i)https?://([^/]*)(/.*)?$", path)
        host = Headers(scope=scope).get("host", "")
        if absolute:
            host, path = absolute[1], absolute[2] or "/"
            scope = {**scope, "path": path}
        below = path.removeprefix(self._sandbox.site.prefix).lstrip("/")
        tenant = self._sandbox.world.tenant(below.partition("/")[0])
        if tenant is not None and self._sandbox.site.misdirected(tenant, host):
            await PlainTextResponse(WRONG_SUBDOMAIN, 421)(scope, receive, send)
            return
        await self._application(scope, receive, send)
