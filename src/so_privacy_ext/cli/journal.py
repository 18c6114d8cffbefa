"""`journal` and `journal verify`."""

from __future__ import annotations

from typing import Annotated

import typer

from so_privacy_ext.cli.output import LARGEST_PERSON, AsJson, TenantName, print_json, say, shown
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit
from so_privacy_ext.model import PersonId
from so_privacy_ext.proof.chain import verify as verify_chain
from so_privacy_ext.storage import journal as journals
from so_privacy_ext.storage.journal import Entry

commands = typer.Typer(help="What was seen, decided and done, and why.", invoke_without_command=True)


@commands.callback()
def journal(
    context: typer.Context,
    tenant: TenantName = None,
    person: Annotated[
        int | None, typer.Option("--person", min=1, max=LARGEST_PERSON, help="All of this person's.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help="Without a person: how many of the newest.")
    ] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the journal, of one person or the newest entries, oldest first."""
    if context.invoked_subcommand is not None:
        return
    with wired() as app, app.session(app.tenant(tenant)) as session:
        found = (
            journals.latest(session, limit)
            if person is None
            else journals.of_person(session, PersonId(person))
        )
    if as_json:
        print_json({"entries": found})
        return
    if not found:
        print("The journal holds nothing of that.")
    for entry in found:
        _print(entry)


@commands.command()
def verify(context: typer.Context, tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Verify the whole chain: every entry as it was written, none missing."""
    before = context.parent.params if context.parent else {}  # `journal --tenant X verify` means X as well
    tenant, as_json = (
        before.get("tenant") if tenant is None else tenant,
        as_json or before.get("as_json", False),
    )
    with wired() as app, app.session(app.tenant(tenant)) as session:
        chain = journals.chain(session)
    fault = verify_chain(chain.links, head=chain.head)
    if as_json:
        print_json({"entries": len(chain.links), "right": fault is None, "fault": fault})
    elif fault is None:
        say(f"{len(chain.links)} entries, each as it was written")
    else:
        say(f"the journal was changed: entry {fault.number} is the first that is {fault.how}")
    if fault is not None:
        raise typer.Exit(Exit.NO)


def _print(entry: Entry) -> None:
    person = "" if entry.person_id is None else f" person {entry.person_id}"
    say(f"{entry.seq:6} {entry.at:%Y-%m-%d %H:%M:%S} {entry.kind}{person}")
    content = entry.content
    for one in content.get("decisions", ()):
        given = f" {one['basis']} from {one['source']}" if one["basis"] else ""
        result = one["result"] or "nothing"
        say(f"       {one['purpose']}: {one['outcome']}{given} by {one['rule']} → {result}")
        say(f"         because: {one['because']}")
    if "decisions" in content:
        told = f" ({content['tell']})" if content.get("tell") else ""
        say(f"       mail: {content.get('mail', 'none')}{told}")
        say(f"       manifest {content['manifest'][:12]}: {content['result']}")
        if content.get("fault"):
            say(f"       given up: {content['fault']}")
        return
    for key, value in content.items():
        say(f"       {key.replace('_', ' ')}: {shown(value)}")
