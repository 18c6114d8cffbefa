"""Works on a run and shows how far it is, until it is through, stopped, or waits for long."""

from __future__ import annotations

from so_privacy_ext.cli.output import say
from so_privacy_ext.cli.signals import Told
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.running_plans import TenantRuns
from so_privacy_ext.runs import Progress, RunKind, RunState, Stop

_LONG = 60.0
"""Seconds for which it is not worth to wait at a terminal: a worker goes on."""
_PAUSE = 1.0
_BETWEEN = 0.05
"""Between two shares, so that a worker may have the tenant for its events."""


def watch(runs: TenantRuns, run_id: int, *, quiet: bool) -> tuple[Progress, int]:
    """Work on a run that is under way; give how it stands and the exit code. Ctrl-C stops it cleanly."""
    told, line = Told(), ""
    while True:
        progress = runs.progress(run_id)
        if not quiet and (now := told_of(progress)) != line:
            say(line := now)
        if not progress.run.under_way:
            return progress, _code(progress)
        if told.first is not None:
            progress = _stopped(runs, run_id)
            if not quiet:
                say(f"stopped; to go on: so-privacy run resume {run_id}")
            return progress, Exit.INTERRUPTED
        seconds = _work(runs, told)
        if seconds >= _LONG and (after := runs.progress(run_id)).run.under_way:
            if not quiet:
                _leave(after)
            return after, Exit.OK
        told.wait(max(_BETWEEN, min(seconds, _PAUSE)))


def told_of(progress: Progress) -> str:
    """Say in a line how far a run is."""
    run, tally = progress.run, progress.tally
    done = "put back" if run.kind is RunKind.UNDO else "done"
    counts = [f"{tally.handled} of {tally.persons} persons"]
    if tally.handled > tally.done:
        failed = sum(tally.failed.values())
        counts += [
            f"{tally.done} {done}",
            f"{tally.handled - tally.done - failed} skipped",
            f"{failed} failed",
        ]
    if tally.mails_planned:
        counts.append(f"{tally.mailed} of {tally.mails_planned} mails")
        counts += [f"{tally.bounced} came back"] if tally.bounced else []
        counts += [f"{tally.refused} said no"] if tally.refused else []
    wave = f", wave {run.wave} of {tally.waves}" if run.wave and run.under_way else ""
    state = f"{run.state} ({run.reason})" if run.reason else str(run.state)
    if progress.held_up is not None:
        state += f", held up: {progress.held_up}"
    line = f"run {run.run_id} {state}{wave}: {', '.join(counts)}"
    if progress.seconds_left is not None and tally.open:
        line += f"; about {_length(progress.seconds_left)} left"
    return line


def _work(runs: TenantRuns, told: Told) -> float:
    try:
        seconds = runs.work(lambda: told.first is not None)
    except Refused as refused:
        if refused.code != "tenant_busy":
            raise
        return _PAUSE  # a worker has it, and works on the run as well
    return 0.0 if seconds is None else seconds


def _stopped(runs: TenantRuns, run_id: int) -> Progress:
    try:
        return runs.stop(run_id)
    except Refused as refused:
        if refused.code != "not_under_way":
            raise
        return runs.progress(run_id)  # it ended a moment ago


def _leave(progress: Progress) -> None:
    say(told_of(progress))
    when, run_id = progress.run.not_before, progress.run.run_id
    at = "" if when is None else f" at {when:%Y-%m-%d %H:%M} UTC"
    say(f"it goes on by itself{at} where a worker runs; so-privacy run show {run_id}")


def _code(progress: Progress) -> int:
    through = progress.run.state in {RunState.DONE, RunState.UNDONE}
    return Exit.OK if through and not progress.tally.failed else Exit.NO


def refuse_changed(runs: TenantRuns, progress: Progress) -> None:
    """Refuse by name what a run was stopped for before it began."""
    if progress.run.state is RunState.STOPPED and progress.run.reason == Stop.CHANGED_SINCE:
        raise runs.changed_since(progress.run.run_id)


def _length(seconds: float) -> str:
    for unit, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
