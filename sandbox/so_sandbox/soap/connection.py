"""Lets an answer be left out: the connection is closed under the client's hands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

KEY = "so_sandbox.abort"


class AbortableConnections:
    """The outermost ASGI application: tells those within how to abort the server's transport."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn's send is a method of the request's cycle, which holds the transport
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if transport is not None:
            scope[KEY] = transport.abort
        await self.app(scope, receive, send)


async def drop(scope: Scope) -> None:
    """Close the connection without an answer; without a transport (in-process clients) raise."""
    abort: Callable[[], None] | None = scope.get(KEY)
    if abort is None:
        raise ConnectionResetError("the connection was dropped as asked")
    abort()
    for _ in range(3):
        await asyncio.sleep(0)  # the server notices the loss in the loop's next turns
