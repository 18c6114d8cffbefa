"""`outward list|show|add|test|rotate|on|off|remove|schema`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.applying import who
from so_privacy_ext.cli.output import (
    LARGEST_ROW,
    AsJson,
    TenantName,
    plain,
    print_fields,
    print_json,
    print_table,
    say,
)
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.outward.messages import TYPES, schema
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.settings import one_line, read_secret
from so_privacy_ext.storage import endpoints
from so_privacy_ext.storage.endpoints import Endpoint
from so_privacy_ext.storage.tenants import TenantSummary

commands = typer.Typer(
    help="A tenant's own systems that are told: list, show, add, test, rotate, on, off, remove, schema.",
    no_args_is_help=True,
)

Number = Annotated[int, typer.Argument(metavar="ENDPOINT", min=1, max=LARGEST_ROW, help="Its number.")]


@commands.command("list")
def list_(tenant: TenantName = None, as_json: AsJson = False) -> None:
    """List a tenant's endpoints with how each stands; addresses and secrets are never shown."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        found = endpoints.listed(session)
    if as_json:
        print_json({"endpoints": [_row(one) for one in found]})
        return
    columns = {
        "endpoint_id": "endpoint",
        "host": "host",
        "state": "state",
        "trouble": "trouble",
        "waiting": "waiting",
        "given_up": "given up",
        "delivered": "taken",
        "delivered_at": "last taken",
        "description": "description",
    }
    print_table([_row(one) for one in found], columns, empty="No endpoints: so-privacy outward add URL.")


@commands.command()
def show(number: Number, tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Show one endpoint."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        row = _row(endpoints.find(session, number))
    if as_json:
        print_json(row)
        return
    print_fields(row)


@commands.command()
def add(
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="Where to post; one that lets us in goes into a file.")
    ] = None,
    *,
    tenant: TenantName = None,
    url_file: Annotated[
        Path | None, typer.Option("--url-file", metavar="FILE", help="A file, mode 0600, with the address.")
    ] = None,
    events: Annotated[
        str, typer.Option("--events", metavar="TYPE,…", help=f"What to tell: {', '.join(TYPES)}.")
    ] = ",".join(TYPES),
    description: Annotated[str, typer.Option("--description", help="What it is, for whoever lists it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Tell a system of the tenant's from now on; prints the secret that signs, which is not shown again."""
    if (url is None) == (url_file is None):
        what = "give the address, or a file with it"
        raise Refused("endpoint_address", what, "so-privacy outward add URL, or --url-file FILE", Exit.USAGE)
    if url_file is not None:
        what = "the endpoint's address"
        url = one_line(read_secret(url_file, what), what, where=str(url_file))
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            wanted = [one.strip() for one in events.split(",") if one.strip()]
            number, secret = app.endpoints.add(turn, url or "", wanted, description, who=who())
        _note("endpoint_added", summary, number)
    if as_json:
        print_json({"endpoint": number, "secret": secret})
        return
    say(f"endpoint {number} is told from now on; its secret, which is not shown again:")
    say(secret)
    say(f"try it: so-privacy outward test {number}")


@commands.command("test")
def try_(number: Number, tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Post a signed message of type endpoint.test now; exit 1 if it is not taken."""
    with wired() as app:
        summary = app.tenant(tenant)
        with app.session(summary) as session:
            begun = time.monotonic()
            posted = app.endpoints.test(session, summary, number)
            took = round((time.monotonic() - begun) * 1000)
    if as_json:
        print_json({"taken": posted.taken, "status": posted.status, "why": posted.why, "ms": took})
    else:
        say(f"{'taken' if posted.taken else 'not taken'}: {posted.why}, after {took} ms")
    if not posted.taken:
        raise typer.Exit(Exit.NO)


@commands.command()
def rotate(
    number: Number,
    *,
    tenant: TenantName = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Have the secret of before sign no more, as when it is known.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign with a new secret, for a day beside the one of before; prints it, and it is not shown again."""
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            secret = app.endpoints.rotate(turn, number, who=who(), at_once=at_once)
        _note("endpoint_rotated", summary, number)
    if as_json:
        print_json({"endpoint": number, "secret": secret})
        return
    until = "alone from now on" if at_once else "from now on, and the one of before for a day more"
    say(f"endpoint {number} is signed for by this secret, {until}; it is not shown again:")
    say(secret)


@commands.command()
def on(number: Number, tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Go on telling an endpoint, first what waits."""
    _switch(number, tenant, on=True, as_json=as_json)


@commands.command()
def off(number: Number, tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Tell an endpoint nothing until it is on again: what waits stays, what happens meanwhile is not told."""
    _switch(number, tenant, on=False, as_json=as_json)


@commands.command()
def remove(number: Number, tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Forget an endpoint with its address, its secrets and what waits for it."""
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            gone = app.endpoints.remove(turn, number, who=who())
        _note("endpoint_removed", summary, number)
    if as_json:
        print_json({"endpoint": number, "dropped": gone.waiting})
        return
    say(f"endpoint {number} ({gone.host}) is removed, with {gone.waiting} messages that waited")


@commands.command("schema")
def schema_() -> None:
    """Print the JSON Schema of all messages."""
    print_json(schema())


def _switch(number: int, tenant: str | None, *, on: bool, as_json: bool) -> None:
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            changed = app.endpoints.switch(turn, number, on=on, who=who())
        _note("endpoint_on" if on else "endpoint_off", summary, number)
    if as_json:
        print_json({"endpoint": number, "changed": changed})
        return
    say(f"endpoint {number} is {'on' if on else 'off'}{'' if changed else ' already'}")


def _row(one: Endpoint) -> dict[str, Any]:
    state = "off" if one.off_at is not None else "failing" if one.trouble is not None else "on"
    row: dict[str, Any] = plain(one)
    del row["key"]
    return {"endpoint_id": one.endpoint_id, "state": state, **row}


def _note(event: str, tenant: TenantSummary, number: int) -> None:
    security_log.note(event, user=OPERATOR, tenant_id=tenant.tenant_id, endpoint=number)
