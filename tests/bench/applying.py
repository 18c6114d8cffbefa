"""Applying a plan person by person, with the worker at the tenant's events meanwhile."""

from __future__ import annotations

import time

from so_privacy_ext.processing.plan_file import read_plan
from so_privacy_ext.runs import Progress, RunState
from tests.bench import installing, manifests
from tests.bench.figures import Figure
from tests.bench.stage import Stage, StageError, until

TENANT = "Cust99011"
PERSONS = 200
"""A minute at ten calls a second; more persons cost as many calls each."""


def measure(stage: Stage) -> list[Figure]:
    """Have one consent of each person changed, and echo back as an event, by the worker that runs."""
    installing.add(stage, [TENANT], manifests.WRITING, persons=PERSONS)
    stage.await_quiet(seconds=900)  # the burst before takes five minutes of calls
    app = installing.app_of(stage)
    try:
        tenant = app.tenant(TENANT)
        with app.turn(tenant) as turn:
            key = turn.tenant.address_key
        file = stage.folder / "plan-of-a-few.json"
        app.foresight(tenant).plan(file, None, tell_from=None)
        runs = app.runs(tenant)
        run_id = runs.keep(read_plan(file, lambda _: key), who="bench")
        stage.forget_calls()
        begun = time.monotonic()
        runs.start(run_id, who="bench")
        until(lambda: not runs.progress(run_id).run.under_way, "the run does not end", seconds=300, pause=0.2)
        seconds, progress = time.monotonic() - begun, runs.progress(run_id)
    finally:
        app.close()
    _refuse_half(progress)
    calls = sum(stage.ask("/calls/counts")["operations"].values())
    done = progress.tally.done
    return [
        Figure("apply_persons_per_s", done / seconds, "/s"),
        Figure("apply_calls_per_person", calls / done, at_most=2.0),
    ]


def _refuse_half(progress: Progress) -> None:
    if progress.run.state is not RunState.DONE or not progress.tally.done:
        raise StageError(f"the run is {progress.run.state}, {progress.run.reason}: {progress.tally}")
