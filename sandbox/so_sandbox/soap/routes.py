"""The web services' addresses: /{tenant}/Remote/Services88/{Agent}.svc in any case."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from so_sandbox.agents.directory import AGENTS, WAITING
from so_sandbox.soap.connection import drop
from so_sandbox.soap.desk import Desk, Served
from so_sandbox.soap.refusals import Answer, bare
from so_sandbox.world.world import World

WSDL = Path(__file__).parent.parent / "wsdl"
LARGEST = 8 * 1024 * 1024
DROPS = 20


def routes(world: World, *, vendor: Path | None = None) -> list[Route]:
    """Serve the agents of every tenant; `vendor` is a folder of the vendor's WSDLs to judge by."""
    route = Route(
        "/{context}/remote/services88/{agent}.svc",
        _Endpoint(Desk(world, AGENTS, waiting=WAITING, wsdl=WSDL, vendor=vendor)),
        name="soap",
    )
    route.path_regex = re.compile(route.path_regex.pattern, re.IGNORECASE)
    return [route]


class _Endpoint:
    """The ASGI application behind the address of every agent."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await _send(send, bare(405, "web services take POST", "http_405", {"Allow": "POST"}))
            return
        try:
            body = await _body(receive)
        except ClientDisconnect:
            return  # who is gone in the middle of a request has asked for nothing
        if body is None:
            await _send(send, bare(413, "the request is too large", "http_413"))
            return
        served = await self._serve(scope, body)
        fault = served.fault
        if fault is not None and fault.name in {"drop", "apply_then_drop"}:
            await drop(scope)
            return
        if fault is not None and fault.name == "delay":
            await asyncio.sleep(float(fault.argument or 0))
        seconds = float(fault.argument or 1) if fault is not None and fault.name == "slow" else 0.0
        await _send(send, served.answer, over=seconds)

    async def _serve(self, scope: Scope, body: bytes) -> Served:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        context, agent = scope["path_params"]["context"], scope["path_params"]["agent"]
        host, action = headers.get(b"host", ""), headers.get(b"soapaction", "")

        def serve() -> Served:
            return self.desk.serve(context, agent, host=host, action=action, body=body)

        return await run_in_threadpool(serve) if agent.title() in WAITING else serve()


async def _body(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send(send: Send, answer: Answer, *, over: float = 0.0) -> None:
    headers = {
        "content-type": answer.content_type,
        "content-length": str(len(answer.body)),
        **{name.casefold(): value for name, value in answer.headers.items()},
    }
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        }
    )
    size = -(-len(answer.body) // DROPS) if over else len(answer.body)
    for start in range(0, len(answer.body), size or 1):
        if over:
            await asyncio.sleep(over / DROPS)
        part = answer.body[start : start + size]
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
