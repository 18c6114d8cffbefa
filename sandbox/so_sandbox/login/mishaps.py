"""Failures of login and state that were asked for, by the same kinds as those of the web services."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from so_sandbox.soap.connection import drop
from so_sandbox.world.faults import Fault


class Dropped(Response):
    """No answer at all: the connection is cut."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is said
        await drop(scope)


async def mishap(fault: Fault, answer: Callable[[], Awaitable[Response]]) -> Response:
    """Fail as asked; a kind that makes no sense outside SOAP is a plain 500."""
    if fault.name == "drop":
        return Dropped()
    if fault.name not in {"apply_then_drop", "delay", "slow", "truncated"}:
        return _instead(fault)
    if fault.name in {"delay", "slow"}:
        await asyncio.sleep(float(fault.argument or 0))
    whole = await answer()
    if fault.name == "apply_then_drop":
        return Dropped()
    if fault.name == "truncated":
        return Response(bytes(whole.body)[: len(whole.body) // 2], media_type=whole.media_type)
    return whole


def _instead(fault: Fault) -> Response:
    if fault.name == "html":
        return HTMLResponse("<h1>Maintenance</h1>")
    if fault.name == "empty":
        return Response(b"")
    status = int(fault.name.removeprefix("http_")) if fault.name.startswith("http_") else 500
    return HTMLResponse("<h1>Failure</h1>", status, headers=dict(fault.headers))
