"""Connections that an application can cut without a word, as a crashing server does."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CUT = "so_sandbox.cut"
"""The scope extension that holds the function which cuts the connection."""


class CuttableProtocol(HttpToolsProtocol):
    """Uvicorn's own protocol that lets the application reach its transport."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CUT: self.transport.abort}  # type: ignore[dict-item]  # typed for dicts only


class Dropped(Response):
    """No answer at all: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is sent
        scope["extensions"][CUT]()
        while (await receive())["type"] != "http.disconnect":
            pass
