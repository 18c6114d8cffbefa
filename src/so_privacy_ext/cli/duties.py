"""`duties list`."""

from __future__ import annotations

from typing import Annotated

import typer

from so_privacy_ext.cli.output import AsJson, TenantName, print_json, print_table
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.storage import registers

commands = typer.Typer(help="Who must still be informed: list.", no_args_is_help=True)


@commands.command("list")
def list_(
    tenant: TenantName = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at the most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List persons who must still be told that their data is kept, the most urgent first."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        found = registers.open_duties(session, limit=limit)
    if as_json:
        print_json({"duties": found})
        return
    columns = {
        "person_id": "person",
        "due_at": "by",
        "article": "article",
        "mail": "mail",
        "reason": "waits for",
    }
    print_table(found, columns, empty="Everybody is informed who must be.")
