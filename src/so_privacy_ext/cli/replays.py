"""`manifest shadow|diff`: whose outcome another manifest would change, by what was decided until now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from so_privacy_ext.cli.manifest_file import File, read_file
from so_privacy_ext.cli.output import AsJson, TenantName, plain, print_json, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.trial.consequences import Change
from so_privacy_ext.trial.shadow import Shadow

_PERIOD = re.compile(r"([0-9]{1,5})([hd])", re.ASCII)
_SHOWN = 10
"""Persons that a line names unless all are asked for."""

Since = Annotated[
    str,
    typer.Option("--since", metavar="PERIOD", help="How far back, such as 30d or 12h."),
]
AllPersons = Annotated[bool, typer.Option("--persons", help="Name every person, not only the first ten.")]


def shadow(
    file: File,
    since: Since = "30d",
    tenant: TenantName = None,
    persons: AllPersons = False,
    as_json: AsJson = False,
) -> None:
    """Decide by another manifest what was decided before; exit 3 if anybody's outcome differs."""
    manifest, begin = parse(read_file(file), str(file)), _moment(since)
    with wired() as app, app.turn(app.tenant(tenant)) as turn:
        found = app.replaying(turn).shadow(manifest, begin)
    _tell(found, as_json=as_json, all_persons=persons)


def _tell(found: Shadow, *, as_json: bool, all_persons: bool) -> None:
    if as_json:
        print_json(plain(found))
    else:
        _print(found, most=None if all_persons else _SHOWN)
    if found.consequences:
        raise typer.Exit(Exit.CHANGES)


def _print(found: Shadow, most: int | None) -> None:
    for one in found.consequences:
        ids = ", ".join(map(str, one.persons[:most]))
        rest = "" if most is None or len(one.persons) <= most else f" and {len(one.persons) - most} more"
        say(f"{told(one.change)}: {len(one.persons)} persons: {ids}{rest}")
    say(
        f"{found.decisions} decisions about {found.persons} persons were made once more;"
        f" {found.differing} persons' outcome differs"
    )
    if found.erased:
        say(f"{found.erased} decisions can't be made once more: their facts are not kept any more")
    for fact, times in found.not_kept.items():
        say(f"{times} decisions were made before {fact} was kept: it counts as unknown there")


def told(change: Change) -> str:
    """Say in a line what comes out otherwise."""
    before = change.before + (f" by {change.before_rule}" if change.before_rule else "")
    after = change.after + (f" by {change.after_rule}" if change.after_rule else "")
    return f"{change.what}: {before} → {after}"


def _moment(period: str) -> datetime:
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise Refused("bad_period", f"{period!r} is no period", "write 30d or 12h", Exit.USAGE)
    number, unit = int(match[1]), match[2]
    return datetime.now(UTC) - (timedelta(hours=number) if unit == "h" else timedelta(days=number))
