"""`keys show|rotate|webhook`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.output import AsJson, TenantName, print_fields, print_json
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.lifecycle.renewing import UNTIL_KNOWN, renew
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage import keys

commands = typer.Typer(help="Keys and secrets: show, rotate, webhook.", no_args_is_help=True)


@commands.command()
def show(as_json: AsJson = False) -> None:
    """Name the data keys of the file, never showing one, and count what each has sealed."""
    with wired() as app:
        used = keys.in_use(app.dsn)
        known = app.data_key.key_ids
        answer = {
            "file": str(app.settings.data_key_path),
            "seals": app.data_key.key_id,
            "in_the_file": sorted(known),
            "sealed": used,
            "lacking": sorted(used.keys() - known),
        }
    if as_json:
        print_json(answer)
        return
    print_fields(answer)


@commands.command()
def rotate(
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Only put the next key into the file, to be copied elsewhere.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the old keys in the file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Seal all secrets with a new data key; killed at any moment, the next one goes on."""
    with wired() as app:
        path = app.settings.data_key_path
        done = keys.prepare(path) if prepare else keys.rotate(app.dsn, path, keep=keep)
        event = "data_key_prepared" if prepare else "data_key_rotated"
        security_log.note(event, user=OPERATOR, key_id=done.key_id, sealed_anew=done.sealed_anew)
    if as_json:
        print_json(done)
        return
    print_fields(done)


@commands.command()
def webhook(tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Have SuperOffice sign a tenant's deliveries with new secrets; none is refused meanwhile."""
    with wired() as app:
        summary = app.tenant(tenant)
        with app.turn(summary) as turn:
            renewed = renew(*app.signing(turn), lambda: time.sleep(UNTIL_KNOWN))
        security_log.note("webhook_secrets_renewed", user=OPERATOR, tenant_id=summary.tenant_id)
    if as_json:
        print_json({"tenant": summary.context_identifier, "renewed": renewed})
        return
    print(f"{summary.context_identifier}: {renewed} webhooks are signed with a new secret")
