"""`purge`: takes away now what the workers take away once a day."""

from __future__ import annotations

from typing import Annotated

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.output import AsJson, print_json, print_table
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage import purging, tenants
from so_privacy_ext.storage.database import connect


def purge(
    tenant: Annotated[str | None, typer.Option("--tenant", help="Only this tenant.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take away what need not be kept any more: old contents of events, quarantine, facts and sessions."""
    with wired() as app:
        if tenant is not None:
            chosen = [app.tenant(tenant)]
        else:
            with connect(app.dsn, application_name="so-privacy purge") as connection:
                chosen = list(tenants.listed(connection))
        done = [{"tenant": one.context_identifier, **app.purge(one)} for one in chosen]
        with connect(app.dsn, application_name="so-privacy purge") as connection:
            forgotten = purging.forget_tenants(connection)
        security_log.note("purged", user=OPERATOR, tenants=len(done))
    if as_json:
        print_json({"purged": done, "tenants_forgotten": forgotten})
        return
    kinds = ("tenant", "events", "quarantine", "facts", "comments", "planned", "sessions")
    print_table(done, {one: one for one in kinds}, empty="No tenant yet: so-privacy tenant add")
