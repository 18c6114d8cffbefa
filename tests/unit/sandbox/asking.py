"""Calls the sandbox's web services as any client would, in one process and without a socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Scope

from so_sandbox.demo_tenant import DEMO, add_demo_tenants
from so_sandbox.soap.connection import AbortableConnections
from so_sandbox.soap.routes import routes
from so_sandbox.world.applications import Application
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World

NS = "http://www.superoffice.net/ws/crm/NetServer/Services88"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
APP = "demo-app"


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.body)

    def text(self, name: str) -> str | None:
        """The first element of this name, wherever it is."""
        return next((node.text for node in self.root.iter(f"{{{NS}}}{name}")), None)

    def texts(self, name: str) -> list[str | None]:
        return [node.text for node in self.root.iter(f"{{{NS}}}{name}")]

    @property
    def succeeded(self) -> bool:
        return self.status == 200 and self.text("Succeeded") == "true"

    @property
    def exception(self) -> str:
        return (self.text("ExceptionType") or "").rpartition(".")[2]

    def rows(self) -> list[dict[str, str]]:
        """The rows of an archive answer, by column."""
        return [
            {
                str(pair.findtext(f"{{{NS}}}Key")): str(pair.findtext(f"{{{NS}}}Value/{{{NS}}}DisplayValue"))
                for pair in item.iter(f"{{{NS}}}ColumnDataKeyValuePair")
            }
            for item in self.root.iter(f"{{{NS}}}ArchiveListItem")
        ]


def vendor_folder() -> Path | None:
    named = os.environ.get("SO_VENDOR_WSDL_DIR")
    return Path(named) if named else None


@dataclass
class Asker:
    """One app with a ticket in the demo tenant."""

    world: World
    tenant: Tenant
    app: ASGIApp
    ticket: str = ""
    secret: str = "secret"
    associate_id: int = 0
    sent: list[bytes] = field(default_factory=list)

    def ask(self, agent: str, operation: str, content: str = "", **how: Any) -> Reply:
        """Send one request; `content` is the inside of the operation's element, prefix n."""
        return self.send(agent, operation, self.envelope(operation, content), **how)

    def envelope(self, operation: str, content: str) -> str:
        return (
            f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:n="{NS}" xmlns:a="{ARRAYS}"><s:Header>'
            f"<n:ApplicationToken>{self.secret}</n:ApplicationToken>"
            f"<n:Credentials><n:Ticket>{self.ticket}</n:Ticket></n:Credentials></s:Header>"
            f"<s:Body><n:{operation}>{content}</n:{operation}></s:Body></s:Envelope>"
        )

    def send(
        self,
        agent: str,
        operation: str,
        body: str | bytes,
        *,
        tenant: str = DEMO,
        host: str = "sandbox.example.com",
        action: str | None = None,
        method: str = "POST",
    ) -> Reply:
        action = f'"{NS}/{agent}/{operation}"' if action is None else action
        headers = [(b"host", host.encode()), (b"soapaction", action.encode())]
        path = f"/{tenant}/Remote/Services88/{agent}.svc"
        content = body.encode() if isinstance(body, str) else body
        return asyncio.run(_exchange(self.app, method, path, headers, content))

    def set_consent(self, person_id: int, purpose: str, source: str, basis: str, comment: str = "") -> Reply:
        return self.ask(
            "Person",
            "SetConsent",
            f"<n:PersonId>{person_id}</n:PersonId><n:Purpose>{purpose}</n:Purpose><n:Source>{source}</n:Source>"
            f"<n:LegalBase>{basis}</n:LegalBase><n:Comment>{comment}</n:Comment>",
        )

    def query(
        self,
        columns: str,
        restriction: str,
        order: str,
        *,
        page: int = 0,
        size: int = 1000,
        provider: str = "Dynamic",
    ) -> Reply:
        """Ask the archive; `>` in the restriction is escaped here."""
        return self.ask(
            "Archive",
            "GetArchiveListByColumns2",
            f"<n:ProviderName>{provider}</n:ProviderName><n:Columns>{columns}</n:Columns>"
            f"<n:SortOrder>{order}</n:SortOrder>"
            f"<n:Restrictions>{restriction.replace('>', '&gt;')}</n:Restrictions><n:Entities></n:Entities>"
            f"<n:Page>{page}</n:Page><n:PageSize>{size}</n:PageSize>",
        )


def make_asker() -> Asker:
    world = World()
    tenant = add_demo_tenants(world)
    world.applications[APP] = Application(APP, "Demo App", "secret")
    leave = tenant.authorize(APP, "Demo App")
    ticket = world.tickets.issue_ticket(
        context_identifier=DEMO, associate_id=leave.associate_id, client_id=APP, now=world.clock.now()
    )
    app = AbortableConnections(Starlette(routes=routes(world, vendor=vendor_folder())))
    return Asker(world, tenant, app, ticket.value, associate_id=leave.associate_id)


async def _exchange(
    app: ASGIApp, method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> Reply:
    answered: list[Message] = []
    halves = [body[: len(body) // 2], body[len(body) // 2 :]]

    async def receive() -> Message:
        part = halves.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(halves)}

    async def send(message: Message) -> None:
        answered.append(message)

    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "server": ("sandbox.example.com", 80),
        "headers": headers,
    }
    await app(scope, receive, send)
    start, rest = answered[0], answered[1:]
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], found, b"".join(part.get("body", b"") for part in rest))
