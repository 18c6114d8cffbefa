"""Planning for everybody in a tenant and writing to all of them in bulk, within ten calls a second."""

from __future__ import annotations

import time

import psutil

from so_privacy_ext.processing.plan_file import read_plan
from so_privacy_ext.runs import RunState, Wishes
from so_privacy_ext.storage import tenants
from tests.bench import installing, manifests, planning
from tests.bench.figures import Figure
from tests.bench.stage import Stage, StageError

TENANT = "Cust99010"
PERSONS = 100_000
_MB = 1_000_000


def measure(stage: Stage, persons: int = PERSONS) -> list[Figure]:
    """Let persons stand in a tenant with one consent to change each, plan for them and apply it in bulk."""
    installing.add(stage, [TENANT], manifests.WRITING, persons=persons)
    app = installing.app_of(stage)
    try:
        tenant = app.tenant(TENANT)
        with app.turn(tenant) as turn:
            tenants.allow_mass(turn.session, turn.ledgers, allowed=True)
            key = turn.tenant.address_key
        file = stage.folder / "plan.json"
        planned = planning.plan(stage, TENANT, file, persons)
        runs = app.runs(tenant)
        run_id = runs.keep(read_plan(file, lambda _: key), who="bench")
        stage.forget_calls()
        begun, largest = time.monotonic(), 0
        runs.start(run_id, who="bench", wishes=Wishes(mass=True))
        while (progress := runs.progress(run_id)).run.under_way:
            runs.work()
            largest = max(largest, psutil.Process().memory_info().rss)
        seconds = time.monotonic() - begun
    finally:
        app.close()
    if progress.run.state is not RunState.DONE or progress.tally.done < persons:
        raise StageError(f"the run is {progress.run.state}, {progress.run.reason}: {progress.tally}")
    counts = stage.ask("/calls/counts")
    return [
        *planned,
        Figure("mass_persons_per_s", progress.tally.done / seconds, "/s"),
        Figure("mass_seconds", seconds, "s", at_most=persons * 300 / PERSONS),
        Figure("mass_calls_per_person", sum(counts["operations"].values()) / persons),
        Figure("mass_most_calls_in_a_second", max(counts["busiest_second"].values()), "/s", at_most=10),
        Figure("mass_rss_mb", largest / _MB, "MB", at_most=300),
    ]
