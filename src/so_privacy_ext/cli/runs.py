"""`run list|show|persons|stop|resume`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from so_privacy_ext.cli.applying import document, follow, note, who
from so_privacy_ext.cli.output import (
    LARGEST_PERSON,
    AsJson,
    TenantName,
    print_fields,
    print_json,
    print_table,
    say,
)
from so_privacy_ext.cli.run_options import (
    MOST,
    Bounces,
    Detach,
    Failures,
    MailsADay,
    MailsAnHour,
    Mass,
    Pilot,
    Refusals,
    RunNumber,
    Size,
    SkipChanged,
    Wait,
    seconds,
    share,
)
from so_privacy_ext.cli.watching import told_of
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.runs import PersonState, Wishes
from so_privacy_ext.storage.run_register import Choice

commands = typer.Typer(help="Runs of plans: list, show, persons, stop, resume.", no_args_is_help=True)


class What(StrEnum):
    """What a plan says of a person."""

    GETS = "gets"
    CHANGES = "changes"
    MAILS = "mails"
    REVIEWS = "reviews"
    LEFT = "left"
    DENIED = "denied"


class Answer(StrEnum):
    """What came of a mail."""

    BOUNCED = "bounced"
    REFUSED = "refused"


@commands.command("list")
def list_(tenant: TenantName = None, as_json: AsJson = False) -> None:
    """List runs, newest first."""
    with wired() as app:
        found = app.runs(app.tenant(tenant)).listed()
    if as_json:
        print_json({"runs": found})
        return
    columns = {
        "run_id": "run",
        "kind": "kind",
        "state": "state",
        "reason": "why",
        "who": "by",
        "made_at": "made",
    }
    print_table(
        found, columns, empty="None yet: so-privacy plan -o plan.json, then so-privacy apply plan.json"
    )


@commands.command()
def show(run: RunNumber, tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Show how far a run is, and why it stopped or waits."""
    with wired() as app:
        progress = app.runs(app.tenant(tenant)).progress(run)
    if as_json:
        print_json(document(progress))
        return
    say(told_of(progress))
    one, tally = progress.run, progress.tally
    print_fields(
        {
            "manifest": one.manifest[:12],
            "takes_back": one.undoes,
            "made": one.made_at,
            "made_by": one.who,
            "started": one.started_at,
            "started_by": one.started_by,
            "ended": one.ended_at,
            "waits_until": one.not_before,
            "waves": one.waves,
            "skipped": tally.skipped,
            "failed": tally.failed,
        }
    )


@commands.command()
def persons(
    run: RunNumber,
    *,
    tenant: TenantName = None,
    state: Annotated[PersonState | None, typer.Option(help="How far the run is with them.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why they were skipped, or failed.")] = None,
    answer: Annotated[Answer | None, typer.Option(help="What came of their mail.")] = None,
    wave: Annotated[int | None, typer.Option(min=1, max=MOST, help="The wave they are in.")] = None,
    mailed: Annotated[
        bool | None, typer.Option("--mailed/--not-mailed", help="Whether they were told.")
    ] = None,
    what: Annotated[What | None, typer.Option(help="What the plan says of them.")] = None,
    rule: Annotated[str | None, typer.Option(help="By which rule.")] = None,
    purpose: Annotated[str | None, typer.Option(help="For which purpose.")] = None,
    after: Annotated[int, typer.Option(min=0, max=LARGEST_PERSON, help="Go on after this person.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At the most.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Open a number into persons, by id."""
    choice = Choice(state, reason, answer, wave, mailed, what, rule, purpose)
    with wired() as app:
        found = app.runs(app.tenant(tenant)).persons(run, choice, after=after, limit=limit)
    if as_json:
        print_json({"persons": found})
        return
    columns = {
        "person_id": "person",
        "state": "state",
        "reason": "why",
        "wave": "wave",
        "mail": "mail",
        "answer": "answer",
    }
    print_table(found, columns, empty="Nobody.")


@commands.command()
def stop(run: RunNumber, tenant: TenantName = None, as_json: AsJson = False) -> None:
    """Stop a run at its next chunk; it can be resumed."""
    with wired() as app:
        summary = app.tenant(tenant)
        progress = app.runs(summary).stop(run)
        note("run_stopped", summary, run)
    if as_json:
        print_json(document(progress))
    else:
        say(told_of(progress))


@commands.command()
def resume(
    run: RunNumber,
    *,
    tenant: TenantName = None,
    pilot: Pilot = None,
    size: Size = None,
    wait: Wait = None,
    bounces: Bounces = None,
    refusals: Refusals = None,
    failures: Failures = None,
    mails_an_hour: MailsAnHour = None,
    mails_a_day: MailsADay = None,
    mass: Mass = None,
    skip_changed: SkipChanged = False,
    detach: Detach = False,
    as_json: AsJson = False,
) -> None:
    """Have a run that is planned or was stopped go on where it was."""
    wishes = Wishes(
        pilot,
        size,
        seconds(wait),
        share(bounces),
        share(refusals),
        share(failures),
        mails_an_hour,
        mails_a_day,
        mass or None,
    )
    with wired() as app:
        summary = app.tenant(tenant)
        runs = app.runs(summary)
        if not runs.progress(run).run.under_way:
            runs.start(run, who=who(), wishes=wishes, skip_changed=skip_changed)
            note("run_started", summary, run)
        follow(runs, run, detach=detach, as_json=as_json)
