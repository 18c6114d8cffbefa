"""The sandbox's page: persons with consents, mails, deliveries, subscriptions; works without JavaScript."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from so_sandbox import views
from so_sandbox.deliveries import Delivery
from so_sandbox.sandbox import Sandbox
from so_sandbox.world.rows import Mail
from so_sandbox.world.tenant import Tenant

SHOWN = 50
"""Rows of each kind; the newest ones."""
_HERE = Path(__file__).parent
_FILES = {"page.css": "text/css", "page.js": "text/javascript"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_MAIL_HEADERS = {
    **_HEADERS,
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    ),
}


def routes(sandbox: Sandbox) -> list[Route]:
    templates = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    templates.filters["clock"] = _clock

    async def home(request: Request) -> Response:  # noqa: ARG001 - there is one page
        return RedirectResponse(f"{sandbox.site.prefix}/_sandbox/page", 303)

    async def page(request: Request) -> Response:
        wanted = request.query_params.get("tenant", "")
        content = await run_in_threadpool(_content, sandbox, wanted)
        if content is None:
            return PlainTextResponse("There is no such tenant", 404, headers=_HEADERS)
        return HTMLResponse(templates.get_template("page.html").render(content), headers=_HEADERS)

    async def mail(request: Request) -> Response:
        tenant = sandbox.world.tenant(request.path_params["tenant"])
        number: int = request.path_params["number"]
        for one in tuple(tenant.tables.outbox) if tenant else ():
            if one.mail_id == number:
                letter = templates.get_template("mail.html")
                shown = letter.render(language=one.language, subject=one.subject, html=one.html)
                return HTMLResponse(shown, headers=_MAIL_HEADERS)
        return PlainTextResponse("There is no such mail", 404, headers=_HEADERS)

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FILES:
            return PlainTextResponse("There is no such file", 404, headers=_HEADERS)
        return FileResponse(_HERE / name, media_type=_FILES[name], headers=_HEADERS)

    return [
        Route("/", home),
        Route("/_sandbox", home),
        Route("/_sandbox/page", page),
        Route("/_sandbox/page/{name}", file),
        Route("/_sandbox/mails/{tenant}/{number:int}", mail),
    ]


def _content(sandbox: Sandbox, wanted: str) -> dict[str, object] | None:
    world = sandbox.world
    tenant = world.tenant(wanted) if wanted else next(iter(world.tenants.values()), None)
    if tenant is None:
        return None
    with world.lock:
        rows = tenant.persons()
        persons = [views.person(tenant, row) for row in reversed(rows[-SHOWN:])]
        mails = list(tenant.tables.outbox)
        hooks = [views.subscription(tenant, hook) for hook in tenant.webhooks()]
        leaves = tenant.tables.authorizations
        apps = [
            {"name": one.name, "address": one.address, "leave": leaves[key].state if key in leaves else ""}
            for key, one in world.applications.items()
        ]
    brought = [d for d in tuple(sandbox.dispatcher.log) if d.context_identifier == tenant.context_identifier]
    return {
        "base": f"{sandbox.site.prefix}/_sandbox",
        "site": sandbox.site.url,
        "tenants": list(world.tenants),
        "tenant": views.tenant(tenant, sandbox.site),
        "now": world.clock.now(),
        "ahead": world.clock.offset,
        "violations": len(world.schema_violations),
        "open": sandbox.dispatcher.open,
        "persons": persons,
        "person_count": len(rows),
        "mails": [_mail(tenant, one) for one in reversed(mails[-SHOWN:])],
        "mail_count": len(mails),
        "deliveries": [_delivery(one) for one in reversed(brought[-SHOWN:])],
        "delivery_count": len(brought),
        "subscriptions": hooks,
        "apps": apps,
        "shown": SHOWN,
    }


def _mail(tenant: Tenant, one: Mail) -> dict[str, object]:
    person = tenant.tables.persons.get(one.person_id)
    name = f"{person.firstname} {person.lastname}".strip() if person else f"person {one.person_id}"
    return {**views.mail(tenant, one), "name": name, "sent_at": one.sent}


def _delivery(one: Delivery) -> dict[str, object]:
    return {**one.as_json(), "by_hand": one.once, "created_at": datetime.fromtimestamp(one.created, UTC)}


def _clock(value: datetime) -> str:
    return value.strftime("%H:%M:%S")
