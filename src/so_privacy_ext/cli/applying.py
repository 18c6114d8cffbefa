"""`apply` and `undo`: a plan is carried out in waves, or what a run wrote is taken back."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from so_privacy_ext import security_log
from so_privacy_ext.app import App
from so_privacy_ext.cli.output import AsJson, TenantName, print_json, say
from so_privacy_ext.cli.planning import refuse_unknown_rule
from so_privacy_ext.cli.run_options import (
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
from so_privacy_ext.cli.watching import refuse_changed, told_of, watch
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.processing.plan_file import Plan, read_plan
from so_privacy_ext.processing.planned import PlanHead
from so_privacy_ext.running_plans import TenantRuns
from so_privacy_ext.runs import Progress, Wishes
from so_privacy_ext.security_log import OPERATOR
from so_privacy_ext.storage.tenants import TenantSummary


def apply(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A file that `so-privacy plan -o` wrote.")],
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
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow", metavar="RULE", help="Let this rule touch more persons than its max_changes."
        ),
    ] = None,
    alone: Annotated[
        bool,
        typer.Option("--alone", help="Though the tenant demands that two agree; the journal notes it."),
    ] = False,
    detach: Detach = False,
    as_json: AsJson = False,
) -> None:
    """Carry a plan out in waves; refused if manifest, lists or a person have changed since it was made."""
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
        summary, read = _read(app, plan, tenant)
        for one in allow or ():
            refuse_unknown_rule(read.head, one)
        runs = app.runs(summary)
        run_id = runs.keep(read, who=who(), allowed=allow or ())
        runs.start(run_id, who=who(), wishes=wishes, skip_changed=skip_changed, alone=alone)
        note("run_started", summary, run_id)
        follow(runs, run_id, detach=detach, as_json=as_json)


def undo(
    run: RunNumber,
    *,
    tenant: TenantName = None,
    withdraw_new: Annotated[
        bool,
        typer.Option(
            "--withdraw-new",
            help="Where nothing stood before the run, write WITHDRAWN; else such a consent stays as it is.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    detach: Detach = False,
    as_json: AsJson = False,
) -> None:
    """Take back what a run wrote, but of nobody whom others have touched since; mails can't be taken back."""
    with wired() as app:
        summary = app.tenant(tenant)
        runs = app.runs(summary)
        mailed = runs.progress(run).tally.mailed
        run_id = runs.undo(run, who=who(), withdraw_new=withdraw_new)
        preview = runs.preview(run_id)
        if not as_json:
            _show(preview, mailed)
        if not yes and not typer.confirm("Take it back?", default=False):
            raise Refused("not_confirmed", "nothing was changed", f"so-privacy run resume {run_id}", Exit.NO)
        runs.start(run_id, who=who())
        note("run_started", summary, run_id)
        follow(runs, run_id, detach=detach, as_json=as_json)


def follow(runs: TenantRuns, run_id: int, *, detach: bool, as_json: bool) -> None:
    """Work on a run and show it, or leave it to a worker; ends with the exit code that tells how it went."""
    progress, code = (runs.progress(run_id), int(Exit.OK)) if detach else watch(runs, run_id, quiet=as_json)
    if as_json:
        print_json(document(progress))
    elif detach:
        say(told_of(progress))
    refuse_changed(runs, progress)
    if code:
        raise typer.Exit(code)


def document(progress: Progress) -> dict[str, object]:
    """Give a run's progress as JSON has it."""
    return {
        "run": progress.run,
        "tally": progress.tally,
        "persons": progress.tally.persons,
        "handled": progress.tally.handled,
        "seconds_left": progress.seconds_left,
        "held_up": progress.held_up,
    }


def who() -> str:
    """Name the operator, as the manifest's history does."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"uid {os.getuid()}"


def note(event: str, tenant: TenantSummary, run_id: int) -> None:
    """Keep who did what to a run in the security log."""
    security_log.note(event, user=OPERATOR, tenant_id=tenant.tenant_id, run=run_id)


def _read(app: App, file: Path, tenant: str | None) -> tuple[TenantSummary, Plan]:
    """Read a plan with the key of the tenant that it names, which must be the one that was asked for."""
    found: list[TenantSummary] = []

    def key_of(head: PlanHead) -> bytes:
        summary = app.tenant(head.tenant, head.environment)
        if tenant is not None and app.tenant(tenant).tenant_id != summary.tenant_id:
            what = f"it is of {head.environment}/{head.tenant}"
            raise Refused("plan_tenant", what, "leave out --tenant", Exit.USAGE, where=str(file))
        found.append(summary)
        with app.turn(summary) as turn:
            return turn.tenant.address_key

    read = read_plan(file, key_of)
    return found[0], read


def _show(preview: Progress, mailed: int) -> None:
    tally = preview.tally
    say(f"run {preview.run.run_id} would put {tally.open} persons back as they were")
    for reason, count in tally.skipped.items():
        say(f"  left as they are, {reason}: {count}")
    if mailed:
        say(f"  mails can't be taken back: {mailed} were sent")
