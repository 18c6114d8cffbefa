"""`tenant add|list|show|pause|resume|mass|remove`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.given import given_secret
from so_privacy_ext.cli.output import AsJson, fields_of, print_fields, print_json, print_table, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit
from so_privacy_ext.lifecycle.pieces import Piece
from so_privacy_ext.lifecycle.watchdog import WHAT_TO_DO
from so_privacy_ext.model import SweepKind
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage import findings, manifests, sweeps, tenants
from so_privacy_ext.storage.database import connect

commands = typer.Typer(help="Tenants: add, list, show, pause, resume, mass, remove.", no_args_is_help=True)


class OnOff(StrEnum):
    """A switch of a tenant."""

    ON = "on"
    OFF = "off"


Name = Annotated[str, typer.Argument(metavar="TENANT", help="Such as Cust12345.")]


@commands.command()
def add(
    context_identifier: Name,
    environment: Annotated[str, typer.Option(help="sandbox, sod, stage or online.")],
    system_user_token_file: Annotated[
        str,
        typer.Option(metavar="FILE|-", help="Holds the tenant's system user token; - reads standard input."),
    ],
    as_json: AsJson = False,
) -> None:
    """Install a tenant; `so-privacy web` must be running, since SuperOffice tests the webhook at once."""
    token = given_secret(system_user_token_file, "the system user token")
    with wired() as app:
        outcome = app.install(context_identifier, environment, token, (lambda _: None) if as_json else print)
        summary = app.tenant(context_identifier, environment)
        if outcome.changed:
            security_log.note("tenant_added", user=OPERATOR, tenant_id=summary.tenant_id)
    if as_json:
        print_json({"tenant": context_identifier, "environment": environment, **fields_of(outcome)})
        return
    for one in outcome.created:
        print(f"  {one.kind} {one.key}: created, id {one.item_id}")
    if outcome.changed:
        print(f"{context_identifier} is installed. Next: so-privacy manifest activate FILE")
    else:
        print(f"{context_identifier} is installed already; nothing was changed")


@commands.command("list")
def list_(as_json: AsJson = False) -> None:
    """List tenants with what is open, parked or waiting for a human."""
    with wired() as app, connect(app.dsn, application_name="so-privacy") as connection:
        found = tenants.listed(connection)
    if as_json:
        print_json({"tenants": found})
        return
    columns = {
        "context_identifier": "tenant",
        "environment": "environment",
        "open": "open",
        "dead": "dead",
        "quarantined": "quarantined",
        "reviews": "reviews",
        "duties": "duties",
        "paused_at": "paused",
        "parked_reason": "parked",
    }
    print_table(found, columns, empty="No tenant yet: so-privacy tenant add")


@commands.command()
def show(context_identifier: Name, as_json: AsJson = False) -> None:
    """Show one tenant: state, webhooks, active manifest, what is wrong, what the last sweep can prove."""
    with wired() as app:
        summary = app.tenant(context_identifier)
        with app.session(summary) as session:
            slots = tenants.subscriptions(session)
            active = next((one for one in manifests.listed(session) if one.active_to is None), None)
            wrong = [
                {**fields_of(one), "do": WHAT_TO_DO.get(one.what, "")} for one in findings.listed(session)
            ]
            stated = next(
                (one for one in sweeps.statements(session, limit=100) if one.kind is SweepKind.WHOLE), None
            )
    answer = {
        **fields_of(summary),
        "subscriptions": slots,
        "manifest": active,
        "findings": wrong,
        "last_sweep": stated,
    }
    if as_json:
        print_json(answer)
        return
    print_fields(answer)


@commands.command()
def pause(context_identifier: Name, as_json: AsJson = False) -> None:
    """Do nothing for a tenant until it is resumed; what SuperOffice sends meanwhile is kept."""
    with wired() as app:
        summary = app.tenant(context_identifier)
        with app.turn(summary) as turn:  # so that nothing is being done any more when this returns
            changed = tenants.pause(turn.session)
        security_log.note("tenant_paused", user=OPERATOR, tenant_id=summary.tenant_id, changed=changed)
    _told(as_json, paused=True, changed=changed, what=f"{summary.context_identifier} is paused")


@commands.command()
def resume(context_identifier: Name, as_json: AsJson = False) -> None:
    """Go on with a paused tenant, first with what has come meanwhile."""
    with wired() as app:
        summary = app.tenant(context_identifier)
        with app.session(summary) as session:
            changed = tenants.resume(session)
        security_log.note("tenant_resumed", user=OPERATOR, tenant_id=summary.tenant_id, changed=changed)
    _told(as_json, paused=False, changed=changed, what=f"{summary.context_identifier} goes on")


@commands.command()
def mass(
    context_identifier: Name,
    answer: Annotated[OnOff, typer.Argument(help="Whether a run may do so from now on.")],
    as_json: AsJson = False,
) -> None:
    """Let a run write many consents in one call, past the CRM's own rules, or have it stop that."""
    allowed = answer is OnOff.ON
    with wired() as app:
        summary = app.tenant(context_identifier)
        with app.turn(summary) as turn:
            changed = tenants.allow_mass(turn.session, turn.ledgers, allowed=allowed)
        security_log.note(
            "mass_writes", user=OPERATOR, tenant_id=summary.tenant_id, allowed=allowed, changed=changed
        )
    if as_json:
        print_json({"mass_writes": allowed, "changed": changed})
        return
    may = "may" if allowed else "may not"
    print(f"runs of {summary.context_identifier} {may} write in bulk" + ("" if changed else " already"))


@commands.command()
def remove(
    context_identifier: Name,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this, only what would be done is said.")
    ] = False,
    local: Annotated[
        bool,
        typer.Option("--local", help="Leave SuperOffice alone, for a tenant that lets us in no more."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Uninstall a tenant: delete what we created in SuperOffice and all but pseudonymous evidence here."""
    with wired() as app:
        summary = app.tenant(context_identifier)
        if not yes:
            pieces = app.pieces(summary.tenant_id)
            with app.session(summary) as session:
                holding = [one.name for one in app.extending.listed(session) if one.holds]
            if as_json:
                print_json(
                    {
                        "tenant": summary.context_identifier,
                        "removed": False,
                        "pieces": pieces,
                        "holding": holding,
                    }
                )
            else:
                _say_what_goes(summary.context_identifier, pieces, holding, local=local)
            raise typer.Exit(Exit.NO)
        outcome = app.uninstall(summary, (lambda _: None) if as_json else print, local=local)
        security_log.note("tenant_removed", user=OPERATOR, tenant_id=summary.tenant_id)
    if as_json:
        print_json({"tenant": summary.context_identifier, "removed": True, **fields_of(outcome)})
        return
    for one in outcome.removed:
        print(f"  {one.kind} {one.key}: deleted")
    for left in outcome.left:
        print(f"  {left.kind} {left.key}: left in SuperOffice, {left.why}")
    for plugin in outcome.owed:
        print(
            f"  plugin {plugin}: has not erased yet what it holds; it is asked until it has (erasures list)"
        )
    kept = ", ".join(f"{number} {name}" for name, number in outcome.remains.rows.items())
    until = outcome.remains.until
    print(
        f"kept as evidence until {until:%Y-%m-%d}: {kept or 'which list items were ours'}"
        if until
        else "nothing is kept"
    )
    print(f"{summary.context_identifier} is uninstalled")


def _say_what_goes(name: str, pieces: Sequence[Piece], holding: Sequence[str], *, local: bool) -> None:
    say(f"{name} would be uninstalled:")
    for one in pieces:
        what = (
            "left in SuperOffice"
            if local
            else "deleted"
            if one.kind == "webhook"
            else "marked deleted unless used"
        )
        say(f"  {one.kind} {one.key}: {what}")
    for plugin in holding:
        say(f"  plugin {plugin}: has to erase all that it holds elsewhere")
    say("  secrets, open events, quarantine and sessions here: deleted")
    say("  decisions, mails, duties, reviews, manifests and journal, which name nobody: kept for three years")
    say(f"Do it with: so-privacy tenant remove {name} --yes" + (" --local" if local else ""))


def _told(as_json: bool, *, paused: bool, changed: bool, what: str) -> None:
    if as_json:
        print_json({"paused": paused, "changed": changed})
    else:
        print(what if changed else f"{what} already")
