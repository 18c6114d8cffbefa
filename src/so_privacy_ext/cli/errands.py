"""`errands list|redrive`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from so_privacy_ext.cli.events import Limit, State
from so_privacy_ext.cli.output import LARGEST_ROW, AsJson, TenantName, print_json, print_table
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.storage import errands

commands = typer.Typer(
    help="What plugins and endpoints are told of afterwards: list, drive again.", no_args_is_help=True
)

_CONSUMER = re.compile(r"[a-z]+:[\w-]{1,60}", re.ASCII)
Whose = Annotated[
    str | None, typer.Option("--consumer", metavar="CONSUMER", help="Only this one's, as plugin:acme-vat.")
]


@commands.command("list")
def list_(
    tenant: TenantName = None,
    state: Annotated[State | None, typer.Option(help="Only these.")] = None,
    consumer: Whose = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List what plugins are told of, newest first, with why each ended or waits."""
    if consumer is not None and not _CONSUMER.fullmatch(consumer):
        how = "write it as `so-privacy errands list` does, such as plugin:acme-vat"
        raise Refused("consumer", f"{consumer!r} is told of nothing", how, Exit.USAGE)
    with wired() as app, app.session(app.tenant(tenant)) as session:
        found = errands.listed(session, state=state and state.value, consumer=consumer, limit=limit)
    if as_json:
        print_json({"errands": found})
        return
    columns = {
        "errand_id": "id",
        "consumer": "for",
        "kind": "of",
        "entity": "about",
        "made_at": "made",
        "due_at": "due",
        "state": "state",
        "reason": "reason",
        "attempts": "tries",
    }
    print_table(found, columns, empty="No errands.")


@commands.command()
def redrive(
    errand_ids: Annotated[
        list[int] | None, typer.Argument(min=1, max=LARGEST_ROW, help="Ids of ended errands.")
    ] = None,
    tenant: TenantName = None,
    dead: Annotated[bool, typer.Option(help="All dead ones.")] = False,
    as_json: AsJson = False,
) -> None:
    """Open ended errands again, such as those given up after their last try."""
    if bool(errand_ids) == dead:
        raise Refused("what_to_redrive", "nothing or too much is named", "name ids, or --dead", Exit.USAGE)
    with wired() as app, app.turn(app.tenant(tenant)) as turn:
        wanted = errand_ids or [
            one.errand_id for one in errands.listed(turn.session, state=State.DEAD.value, limit=10_000)
        ]
        opened = errands.redrive(turn.session, wanted)
        turn.wake()
    if as_json:
        print_json({"redriven": opened})
    else:
        print(f"{len(opened)} opened again" if opened else "there is none that has ended")
    if errand_ids and not opened:
        raise typer.Exit(Exit.NO)
