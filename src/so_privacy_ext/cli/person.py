"""`person show`: all that is held of a person, as she may ask for it."""

from __future__ import annotations

from typing import Annotated

import typer

from so_privacy_ext import security_log
from so_privacy_ext.cli.output import LARGEST_PERSON, AsJson, TenantName, print_json, say, shown
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit
from so_privacy_ext.model import PersonId
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage.of_person import held_of

commands = typer.Typer(help="What is held of a person: show.", no_args_is_help=True)


@commands.command()
def show(
    person: Annotated[int, typer.Argument(min=1, max=LARGEST_PERSON, help="Her number in SuperOffice.")],
    tenant: TenantName = None,
    as_json: AsJson = False,
) -> None:
    """Show all that is held of a person, here and by plugins elsewhere; exit 69 if one does not answer."""
    with wired() as app:
        summary = app.tenant(tenant)
        with app.session(summary) as session:
            here = held_of(session, PersonId(person))
            elsewhere = app.held.access(session, PersonId(person))
            at = app.clock.now()
        security_log.note("person_shown", user=OPERATOR, tenant_id=summary.tenant_id, person_id=person)
    complete = all(one.held is not None for one in elsewhere)
    if as_json:
        answer = {"tenant": summary.context_identifier, "person": person, "at": at, "complete": complete}
        print_json({**answer, "here": here, "elsewhere": elsewhere})
    else:
        for part, rows in here.items():
            say(f"{part.replace('_', ' ')}: {len(rows) or 'nothing'}")
            for row in rows:
                say("  " + ", ".join(f"{key.replace('_', ' ')} {shown(value)}" for key, value in row.items()))
        for one in elsewhere:
            say(f"plugin {one.plugin}, {one.what} ({one.why}), for {one.keep_days} days:")
            for key, value in (one.held or {}).items():
                say(f"  {key}: {shown(value)}")
            if one.held is None:
                say(f"  INCOMPLETE: it did not show what it holds: {one.failed}")
    if not complete:
        raise typer.Exit(Exit.UNAVAILABLE)
