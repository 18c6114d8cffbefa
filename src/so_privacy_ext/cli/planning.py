"""`plan` and `plan show`: what a manifest would do to everybody, as a file that can be read and applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from so_privacy_ext.app import App
from so_privacy_ext.cli.manifest_file import manifest_for
from so_privacy_ext.cli.moments import moment_of
from so_privacy_ext.cli.output import AsJson, TenantName, plain, print_json, print_table, say
from so_privacy_ext.cli.progress import progress
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.processing.plan_file import Plan, read_plan
from so_privacy_ext.processing.planned import PlanHead, PlannedPerson
from so_privacy_ext.processing.planning import figures_of

EVER = datetime(1, 1, 1, tzinfo=UTC)
FIGURES = ("gets", "changes", "denied", "mails", "reviews", "left")

commands = typer.Typer(
    help="Read everybody from SuperOffice, and plan what a manifest would do; exit 3 if there is anything.",
    invoke_without_command=True,
)


@commands.callback()
def plan(
    context: typer.Context,
    *,
    tenant: TenantName = None,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", help="A manifest to plan by, in place of the active one.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the plan to this file, to be applied.")
    ] = None,
    tell: Annotated[bool, typer.Option("--tell", help="Plan notices too, for whoever is owed one.")] = False,
    tell_from: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Plan notices for persons registered from this day on (UTC)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read everybody from SuperOffice, and plan what a manifest would do; exit 3 if there is anything."""
    if context.invoked_subcommand is not None:
        return
    since = moment_of(tell_from) or (EVER if tell else None)
    with wired() as app, progress() as told:
        summary = app.tenant(tenant)
        by = None if manifest is None else manifest_for(app, summary, manifest)
        head = app.foresight(summary).plan(output, by, tell_from=since, tell=told)
    if as_json:
        print_json(_as_json(head))
    else:
        _print(head)
        if output is not None:
            say(f"written to {output}: see persons with `so-privacy plan show {output} --ids`")
    if head.changes_anything:
        raise typer.Exit(Exit.CHANGES)


@commands.command()
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A plan, as `so-privacy plan -o` wrote it.")],
    *,
    rule: Annotated[str | None, typer.Option(help="Only persons whom this rule concerns.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Only persons with something for this purpose.")] = None,
    figure: Annotated[
        str | None, typer.Option(help=f"Only persons counted in this figure: {', '.join(FIGURES)}.")
    ] = None,
    ids: Annotated[bool, typer.Option("--ids", help="List the persons, a line for each.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each person.")] = False,
) -> None:
    """Show what a plan comes to, and whom each of its numbers means."""
    if figure is not None and figure not in FIGURES:
        raise Refused("figure", f"{figure!r} is none", f"choose one of {', '.join(FIGURES)}", Exit.USAGE)
    with wired() as app:
        found = _open(app, file)
    refuse_unknown_rule(found.head, rule)
    if not ids and rule is purpose is figure is None:
        print_json(_as_json(found.head)) if as_json else _print(found.head)
        return
    number = 0
    for one in found.persons():
        if not _concerns(one, rule, purpose, figure):
            continue
        number += 1
        if as_json:
            print(json.dumps(plain(one)))
        elif ids:
            say(f"{one.person_id}: {'; '.join(_lines(one))}")
    if not as_json:
        say(f"{number} persons")


def _open(app: App, file: Path) -> Plan:
    """Read a plan by the key of the tenant that it names."""

    def key_of(head: PlanHead) -> bytes:
        with app.turn(app.tenant(head.tenant, head.environment)) as turn:
            return turn.tenant.address_key

    return read_plan(file, key_of)


def refuse_unknown_rule(head: PlanHead, rule: str | None) -> None:
    known = [one.rule_id for one in head.rules]
    if rule is not None and rule not in known:
        raise Refused("rule", f"the plan knows no rule {rule!r}", f"choose of {', '.join(known)}", Exit.USAGE)


def _concerns(one: PlannedPerson, rule: str | None, purpose: str | None, figure: str | None) -> bool:
    """Tell whether one and the same figure is of the rule and about the purpose that are asked for."""
    return any(
        figure in {None, what} and rule in {None, by} and purpose in {None, about}
        for what, by, about in figures_of(one)
    )


def _lines(one: PlannedPerson) -> list[str]:
    lines = []
    for write in one.writes:
        stood = one.stands.get(write.purpose)
        before = "nothing" if stood is None else f"{stood.basis}/{stood.source}"
        lines.append(f"{write.purpose} {before} → {write.basis}/{write.source} by {write.rule_id}")
    if one.mail is not None:
        lines.append(f"mail {one.mail} by {one.mail_rule}")
    lines += [f"a human is asked about {subject} ({kind})" for kind, subject in one.reviews]
    lines += [f"{purpose} is left: {reason}" for purpose, reason in one.left.items()]
    lines += [f"{purpose} is held though {one.rules[purpose]} denies it" for purpose in one.denied]
    return lines


def _print(head: PlanHead) -> None:
    made = f"{head.made_at:%Y-%m-%d %H:%M:%S}"
    say(
        f"{head.manifest_name} ({head.manifest[:12]}) for {head.persons} persons of {head.tenant}, {made} UTC"
    )
    touched = [one for one in head.rules if any(getattr(one, figure) for figure in FIGURES)]
    rows: list[Mapping[str, Any]] = [
        {
            "rule": one.rule_id,
            **{figure: getattr(one, figure) or "" for figure in FIGURES},
            "limit": _limit(head, one.rule_id),
        }
        for one in touched
    ]
    columns = {
        "rule": "rule",
        "gets": "get",
        "changes": "change",
        "denied": "hold what it denies",
        "mails": "mails",
        "reviews": "for a human",
        "left": "left",
        "limit": "limit",
    }
    print_table(rows, columns, empty="Nothing to do: everybody is held as the manifest says.")
    if head.tell_from is None:
        say("no mails: this plan tells nobody (--tell, or --tell-from DATE)")
    for rule_id in head.broken:
        how = f"so-privacy apply does it only with --allow {rule_id}"
        say(f"limit of harm: {rule_id} touches more persons than its max_changes; {how}")


def _limit(head: PlanHead, rule_id: str) -> str:
    one = next(one for one in head.rules if one.rule_id == rule_id)
    if one.max_changes is None:
        return ""
    return f"{one.max_changes} BROKEN" if one.breaks(head.persons) else one.max_changes


def _as_json(head: PlanHead) -> dict[str, Any]:
    return {**plain(head), "broken": head.broken, "changes_anything": head.changes_anything}
