"""`quarantine list|show`."""

from __future__ import annotations

from typing import Annotated

import typer

from so_privacy_ext.cli.output import (
    LARGEST_ROW,
    AsJson,
    TenantName,
    fields_of,
    print_fields,
    print_json,
    print_table,
)
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.storage import registers

commands = typer.Typer(help="Signed deliveries that are never acted on.", no_args_is_help=True)


@commands.command("list")
def list_(
    tenant: TenantName = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at the most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List what is quarantined, newest first, with the reason."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        found = registers.quarantine(session, limit=limit)
    if as_json:
        print_json({"quarantined": found})
        return
    columns = {"quarantine_id": "id", "reason": "reason", "received_at": "received", "size": "bytes"}
    print_table(found, columns, empty="Nothing is quarantined.")


@commands.command()
def show(
    quarantine_id: Annotated[int, typer.Argument(min=1, max=LARGEST_ROW)],
    tenant: TenantName = None,
    as_json: AsJson = False,
) -> None:
    """Show one quarantined delivery; bytes that are no text are escaped."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        found, body = registers.quarantined(session, quarantine_id)
    answer = {**fields_of(found), "body": body.decode("utf-8", errors="backslashreplace")}
    if as_json:
        print_json(answer)
        return
    print_fields(answer)
