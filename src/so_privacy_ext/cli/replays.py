"""`manifest shadow|diff`: whose outcome another manifest would change, by what was decided until now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from so_privacy_ext.cli.manifest_file import File, manifest_for, read_file
from so_privacy_ext.cli.output import AsJson, TenantName, plain, print_json, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.rules.activation import resolve_what_stands
from so_privacy_ext.rules.alone import lists_alone
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.trial.apart import Apart
from so_privacy_ext.trial.consequences import Change
from so_privacy_ext.trial.shadow import Shadow
from so_privacy_ext.trial.words import NORMAL, flow, person_words

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
    begin = _moment(since)
    with wired() as app:
        summary = app.tenant(tenant)
        manifest = manifest_for(app, summary, file)
        with app.turn(summary) as turn:
            found = app.replaying(turn).shadow(manifest, begin)
    _tell(found, as_json=as_json, all_persons=persons)


def diff(
    before: File,
    after: Annotated[Path, typer.Argument(metavar="FILE", help="The other manifest.")],
    *,
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="Compare on what was decided for this tenant.")
    ] = None,
    since: Since = "30d",
    persons: AllPersons = False,
    as_json: AsJson = False,
) -> None:
    """Say for whom two manifests decide otherwise, not how their texts differ; exit 3 if for anybody."""
    begin = _moment(since)
    if tenant is None:
        old, new = (parse(read_file(file), str(file)) for file in (before, after))
        _tell_examples(old, new, as_json=as_json)
        return
    with wired() as app:
        summary = app.tenant(tenant)
        old, new = (manifest_for(app, summary, file) for file in (before, after))
        with app.turn(summary) as turn:
            found = app.replaying(turn).compare(old, new, begin)
    _tell(found, as_json=as_json, all_persons=persons)


def _tell_examples(old: Manifest, new: Manifest, *, as_json: bool) -> None:
    """Compare by the structure of the conditions, on persons made up for each change."""
    lists = lists_alone(old, new)
    apart = Apart(*(resolve_what_stands(one, lists) for one in (old, new)))
    examples = apart.examples()
    if as_json:
        shown = [
            {**plain(one.change), "person": person_words(one.person, lists), "event": one.person.event}
            for one in examples
        ]
        print_json({"changes": shown, "complete": apart.complete})
    else:
        for one in examples:
            event = "" if one.person.event == NORMAL.event else f", event {one.person.event}"
            say(f"{told(one.change)}: such as {flow(person_words(one.person, lists))}{event}")
        many = f"{len(examples)} changes of outcome" if examples else "nobody's outcome differs"
        say(many if apart.complete else f"{many}, of what could be computed; the conditions are too manifold")
    if examples:
        raise typer.Exit(Exit.CHANGES)


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
