"""`events list|show|redrive`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from so_privacy_ext.cli.output import (
    LARGEST_PERSON,
    LARGEST_ROW,
    AsJson,
    TenantName,
    fields_of,
    print_fields,
    print_json,
    print_table,
)
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import PersonId
from so_privacy_ext.storage import registers

commands = typer.Typer(help="Accepted events: list, show, drive again.", no_args_is_help=True)

Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many at the most.")]
Person = Annotated[
    int | None, typer.Option("--person", min=1, max=LARGEST_PERSON, help="Only this person's.")
]


class State(StrEnum):
    """How an event stands."""

    OPEN = "open"
    DONE = "done"
    DEAD = "dead"


@commands.command("list")
def list_(
    tenant: TenantName = None,
    state: Annotated[State | None, typer.Option(help="Only these.")] = None,
    person: Person = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List events, newest first, with why each ended or waits."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        person_id = None if person is None else PersonId(person)
        found = registers.events(session, state=state and state.value, person_id=person_id, limit=limit)
    if as_json:
        print_json({"events": found})
        return
    columns = {
        "inbox_id": "id",
        "name": "event",
        "primary_key": "person",
        "received_at": "received",
        "state": "state",
        "reason": "reason",
        "attempts": "tries",
    }
    print_table(found, columns, empty="No events.")


@commands.command()
def show(
    inbox_id: Annotated[int, typer.Argument(min=1, max=LARGEST_ROW)],
    tenant: TenantName = None,
    as_json: AsJson = False,
) -> None:
    """Show one event as SuperOffice sent it."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        found = registers.event(session, inbox_id)
    body = None if found.body is None else found.body.decode(errors="backslashreplace")
    answer = {**fields_of(found.event), "body": body}
    if as_json:
        print_json(answer)
        return
    print_fields(answer)


@commands.command()
def redrive(
    inbox_ids: Annotated[
        list[int] | None, typer.Argument(min=1, max=LARGEST_ROW, help="Ids of ended events.")
    ] = None,
    tenant: TenantName = None,
    dead: Annotated[bool, typer.Option(help="All dead ones.")] = False,
    as_json: AsJson = False,
) -> None:
    """Open ended events again, such as those given up after a day of failures."""
    if bool(inbox_ids) == dead:
        raise Refused("what_to_redrive", "nothing or too much is named", "name ids, or --dead", Exit.USAGE)
    with wired() as app, app.turn(app.tenant(tenant)) as turn:
        wanted = inbox_ids or [
            one.inbox_id for one in registers.events(turn.session, state=State.DEAD.value, limit=10_000)
        ]
        opened = registers.redrive(turn.session, turn.ledgers, wanted)
        turn.wake()
    if as_json:
        print_json({"redriven": opened})
    else:
        print(f"{len(opened)} opened again" if opened else "there is none that has ended")
    if inbox_ids and not opened:
        raise typer.Exit(Exit.NO)
