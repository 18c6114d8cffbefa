"""`retention`: whom nobody has dealt with for as long as a manifest says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from so_privacy_ext.cli.manifest_file import manifest_for
from so_privacy_ext.cli.output import AsJson, TenantName, plain, print_json, print_table, say
from so_privacy_ext.cli.progress import progress
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit
from so_privacy_ext.processing.retaining import Retention


def retention(
    tenant: TenantName = None,
    *,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", help="A manifest to look by, in place of the active one.")
    ] = None,
    ids: Annotated[bool, typer.Option("--ids", help="List the persons by their ids.")] = False,
    as_json: AsJson = False,
) -> None:
    """Propose whom to delete or look at, since nobody has dealt with them for long; exit 3 if anybody."""
    with wired() as app, progress() as told:
        summary = app.tenant(tenant)
        by = None if manifest is None else manifest_for(app, summary, manifest)
        found = app.foresight(summary).retention(by, told)
    if as_json:
        print_json(_as_json(found, ids=ids))
    elif ids:
        for one in found.proposals:
            for person_id in one.persons:
                say(f"{person_id}: {one.then} by {one.name}")
    else:
        _print(found)
    if found.proposes_anything:
        raise typer.Exit(Exit.CHANGES)


def _print(found: Retention) -> None:
    made = f"{found.made_at:%Y-%m-%d %H:%M:%S}"
    by = f"{found.manifest_name} ({found.manifest[:12]})"
    say(f"{by} for {found.persons} persons of {found.tenant}, {made} UTC")
    rows = [plain(one) | {"before": one.before, "persons": len(one.persons)} for one in found.proposals]
    columns = {
        "name": "retention",
        "inactive": "inactive for",
        "before": "nothing since",
        "then": "then",
        "persons": "persons",
    }
    print_table(rows, columns, empty="The manifest says nothing of retention.")
    if found.proposes_anything:
        say("nobody is deleted by us: see whom with --ids")


def _as_json(found: Retention, *, ids: bool) -> dict[str, Any]:
    answer: dict[str, Any] = plain(found)
    for one in answer["proposals"] if not ids else ():
        one["persons"] = len(one["persons"])
    return answer
