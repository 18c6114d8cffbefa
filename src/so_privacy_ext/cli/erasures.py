"""`erasures list|ask|settle`: what plugins owe to have erased elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.applying import who
from so_privacy_ext.cli.output import LARGEST_ROW, AsJson, fields_of, print_json, print_table, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import TenantId
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage import erasures, tenants, turns
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.turns import Turn

if TYPE_CHECKING:
    from so_privacy_ext.app import App
    from so_privacy_ext.held_elsewhere import Asked

_WAIT = 30.0
commands = typer.Typer(
    help="What plugins owe to have erased elsewhere: list, ask, settle.", no_args_is_help=True
)
Tenant = Annotated[
    str | None, typer.Option("--tenant", help="Only this tenant's, which may have been removed.")
]


@commands.command("list")
def list_(tenant: Tenant = None, as_json: AsJson = False) -> None:
    """List what plugins have not said yet that they have erased, of tenants that were removed as well."""
    with wired() as app:
        rows = _owed_of(app, tenant)
    if as_json:
        print_json({"erasures": rows})
        return
    columns = {
        "erasure_id": "id",
        "tenant": "tenant",
        "plugin": "plugin",
        "person_id": "person",
        "since": "since",
        "attempts": "asked",
        "reason": "why not",
        "not_before": "asked again",
    }
    print_table(rows, columns, empty="No plugin owes anything.")


@commands.command()
def ask(tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Ask plugins now for what they owe; exit 1 while one of them still does."""
    asked: list[dict[str, Any]] = []
    with wired() as app:
        owing = {row["tenant_id"]: row["tenant"] for row in _owed_of(app, tenant)}
        for tenant_id, name in owing.items():
            with _turn(app, tenant_id) as turn:
                asked += [{"tenant": name, "answer": one} for one in app.held.ask(turn, at_once=True)]
    if as_json:
        print_json({"asked": [{"tenant": one["tenant"], **fields_of(one["answer"])} for one in asked]})
    elif not asked:
        say("No plugin owes anything.")
    else:
        for one in asked:
            say(f"{one['tenant']}: {answered(one['answer'])}")
    if any(one["answer"].records is None for one in asked):
        raise typer.Exit(Exit.NO)


@commands.command()
def settle(
    erasure_id: Annotated[int, typer.Argument(min=1, max=LARGEST_ROW)],
    reason: Annotated[
        str, typer.Option(help="How it was erased; kept in the journal, so without personal data.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say that what a plugin owes was erased in another way, as where its maker is gone."""
    with wired() as app:
        found = next((row for row in _owed(app) if row["erasure_id"] == erasure_id), None)
        if found is None:
            raise Refused(
                "not_found", f"no erasure {erasure_id} is owed", "see `erasures list`", Exit.NO_INPUT
            )
        with _turn(app, found["tenant_id"]) as turn:
            owed = erasures.shown(turn.session, erasure_id)
            told = {"who": who(), "reason": reason}
            erasures.settled(turn.session, turn.ledgers, owed, "erasure_settled", told)
        tenant_id = found["tenant_id"]
        security_log.note("erasure_settled", user=OPERATOR, tenant_id=tenant_id, erasure_id=erasure_id)
    if as_json:
        print_json(found)
        return
    say(f"erasure {erasure_id} is settled: {reason}")


def answered(one: Asked) -> str:
    """Say what a plugin answered."""
    what = "all that it held" if one.person_id is None else f"what it held of person {one.person_id}"
    if one.records is None:
        return f"{one.plugin} has not erased {what} yet ({one.reason}); it is asked again until it has"
    return f"{one.plugin} has erased {what}: {one.records} records"


def _owed_of(app: App, tenant: str | None) -> list[Mapping[str, Any]]:
    """Give what is owed to a tenant, or to all; refused where nothing is and there is no such tenant."""
    rows = [row for row in _owed(app) if tenant in {None, row["tenant"]}]
    if tenant is not None and not rows:
        app.tenant(tenant)
    return rows


def _owed(app: App) -> Iterator[Mapping[str, Any]]:
    with connect(app.dsn, application_name="so-privacy erasures") as connection:
        known, removed = list(tenants.listed(connection)), erasures.of_removed(connection)
    for one in known:
        with app.session(one) as session:
            for owed in erasures.listed(session):
                yield {"tenant": one.context_identifier, "removed": False, **fields_of(owed)}
    for gone in removed:
        row = fields_of(gone)
        yield {"tenant": row.pop("context_identifier"), "removed": True, "person_id": None, **row}


@contextmanager
def _turn(app: App, tenant_id: TenantId) -> Iterator[Turn]:
    turn = turns.take(app.dsn, tenant_id, app.data_key, wait=_WAIT, removed=True)
    if turn is None:
        raise Refused("tenant_busy", "a worker holds this tenant", "try again in a moment", Exit.UNAVAILABLE)
    with turn:
        yield turn
