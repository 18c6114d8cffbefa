"""`review list|show|settle`: everything that waits for a human."""

from __future__ import annotations

from typing import Annotated

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.output import (
    LARGEST_PERSON,
    LARGEST_ROW,
    AsJson,
    TenantName,
    print_fields,
    print_json,
    print_table,
)
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.model import PersonId
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage import reviews
from so_privacy_ext.storage.reviews import Settlement

commands = typer.Typer(help="What waits for a human: list, show, settle.", no_args_is_help=True)

Id = Annotated[int, typer.Argument(min=1, max=LARGEST_ROW)]


@commands.command("list")
def list_(
    tenant: TenantName = None,
    person: Annotated[
        int | None, typer.Option("--person", min=1, max=LARGEST_PERSON, help="Only this person's.")
    ] = None,
    settled: Annotated[bool, typer.Option(help="Those that were settled as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at the most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List items, oldest first."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        person_id = None if person is None else PersonId(person)
        found = reviews.listed(session, settled=settled, person_id=person_id, limit=limit)
    if as_json:
        print_json({"reviews": found})
        return
    columns = {
        "review_id": "id",
        "person_id": "person",
        "kind": "kind",
        "subject": "about",
        "opened_at": "since",
        "settled_as": "settled as",
    }
    print_table(found, columns, empty="Nothing waits for a human.")


@commands.command()
def show(review_id: Id, tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Show one item."""
    with wired() as app, app.session(app.tenant(tenant)) as session:
        found = reviews.shown(session, review_id)
    if as_json:
        print_json(found)
        return
    print_fields(found)


@commands.command()
def settle(
    review_id: Id,
    settlement: Annotated[
        Settlement,
        typer.Option("--as", help="A mail: sent or not-sent (frees it). All else: keep or decide-again."),
    ],
    reason: Annotated[str, typer.Option(help="Why; kept in the journal, so without personal data.")],
    tenant: TenantName = None,
    as_json: AsJson = False,
) -> None:
    """Settle an item with a reason."""
    with wired() as app, app.turn(app.tenant(tenant)) as turn:
        found = reviews.settle(turn.session, turn.ledgers, review_id, settlement, reason)
        turn.wake()
        tenant_id = turn.tenant.tenant_id
        security_log.note("review_settled", user=OPERATOR, tenant_id=tenant_id, review_id=review_id)
    if as_json:
        print_json(found)
        return
    print(f"item {review_id} is settled as {settlement}")
