"""`restored`: tells that our database was brought back from a backup, before it is worked with."""

from __future__ import annotations

from typing import Annotated

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.moments import past_moment_of
from so_privacy_ext.cli.output import AsJson, print_json, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import connect


def restored(
    backup_of: Annotated[
        str,
        typer.Argument(metavar="MOMENT", help="When the backup was taken, such as 2026-11-01T02:00 (UTC)."),
    ],
    as_json: AsJson = False,
) -> None:
    """Say that this database is a backup's: mails since then are looked up in SuperOffice, runs stop."""
    moment = past_moment_of(backup_of)
    with wired() as app:
        with connect(app.dsn, application_name="so-privacy restored") as connection:
            known = tenants.listed(connection)
        for one in known:
            with app.turn(one) as turn:
                tenants.database_restored(turn.session, turn.ledgers, moment)
        security_log.note("database_restored", user=OPERATOR, tenants=len(known))
    if as_json:
        print_json({"backup_of": moment, "tenants": [one.context_identifier for one in known]})
    else:
        say(f"{len(known)} tenants: nobody is told again who was told since {moment:%Y-%m-%d %H:%M} UTC")
