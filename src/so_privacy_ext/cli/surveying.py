"""`survey`: what a tenant's CRM holds of whom, before any rule is written."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from so_privacy_ext.cli.output import AsJson, TenantName, print_json, print_table, say
from so_privacy_ext.cli.progress import progress
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.processing.survey import FINDINGS, Survey


def survey(
    tenant: TenantName = None,
    show: Annotated[
        str | None, typer.Option(metavar="KEY", help="List the persons behind a figure, by their ids.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read everybody from SuperOffice, and say where persons come from and what is missing or doubtful."""
    with wired() as app, progress() as told:
        found = app.foresight(app.tenant(tenant)).survey(told)
    if show is not None:
        _show(found, show, as_json=as_json)
    elif as_json:
        print_json(_as_json(found))
    else:
        _print(found)


def _show(found: Survey, key: str, *, as_json: bool) -> None:
    ids = found.ids(key)
    if ids is None:
        how = f"choose one of {', '.join(found.keys)}"
        raise Refused("survey_key", f"the survey has no figure {key!r}", how, Exit.USAGE)
    if as_json:
        print_json({"key": key, "persons": list(ids)})
        return
    for person_id in ids:
        print(person_id)


def _print(found: Survey) -> None:
    say(f"{found.persons} persons in {found.tenant}, {found.made_at:%Y-%m-%d %H:%M:%S} UTC")
    rows: list[dict[str, Any]] = []
    for key, ids in found.origins.items():
        source, _, creator = key.rpartition("/")
        rows.append({"key": key, "source": source, "creator": creator, "persons": len(ids)})
    columns = {"source": "come by source", "creator": "created by", "persons": "persons", "key": "--show"}
    print_table(rows, columns, empty="Nobody is there.")
    rows = []
    for key, ids in found.bases.items():
        purpose, _, basis = key.partition("=")
        rows.append({"key": key, "purpose": purpose, "basis": basis, "persons": len(ids)})
    columns = {"purpose": "are held for", "basis": "on basis", "persons": "persons", "key": "--show"}
    print_table(rows, columns, empty="Nobody is held for anything.")
    rows = [
        {"key": key, "persons": len(ids), "what": FINDINGS[key]} for key, ids in found.findings.items() if ids
    ]
    print_table(rows, {"persons": "persons", "what": "who", "key": "--show"}, empty="Nothing is missing.")


def _as_json(found: Survey) -> dict[str, Any]:
    return {
        "tenant": found.tenant,
        "made_at": found.made_at,
        "persons": found.persons,
        "origins": {key: len(ids) for key, ids in found.origins.items()},
        "bases": {key: len(ids) for key, ids in found.bases.items()},
        "findings": {key: len(ids) for key, ids in found.findings.items()},
    }
