"""How long a tenant is nobody's after the worker that held its turn was killed."""

from __future__ import annotations

import statistics
import time

from so_privacy_ext.storage.due import LOCK_SPACE
from tests.bench.figures import Figure
from tests.bench.stage import Stage, until

KILLS = 5
_HOLDER = (
    "SELECT l.pid FROM pg_locks l JOIN so_privacy.tenant t ON t.tenant_id = l.objid::bigint"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::bigint = %s"
    " AND t.context_identifier = %s"
)


def measure(stage: Stage, tenant: str) -> list[Figure]:
    """Kill the only worker of a tenant with much to do, each time after a second one has come up."""
    samples = []
    for number in range(KILLS):
        until(lambda: _holder(stage, tenant) is not None, f"nobody works on {tenant}")
        (holding,) = (name for name in stage.running if name.startswith("worker"))
        stage.start_worker(f"worker {number}")
        held_by = _holder(stage, tenant)
        killed = time.perf_counter()
        stage.running[holding].kill()
        while (now := _holder(stage, tenant)) is None or now == held_by:
            if time.perf_counter() - killed > 60:
                raise TimeoutError(f"nobody took {tenant} over")
        samples.append((time.perf_counter() - killed) * 1000)
        stage.end(holding)
    return [
        Figure("takeover_ms", statistics.median(samples), "ms"),
        Figure("takeover_slowest_ms", max(samples), "ms"),
    ]


def _holder(stage: Stage, tenant: str) -> int | None:
    """Give the database's process in which a tenant's turn is held."""
    held: int | None = stage.scalar(_HOLDER, LOCK_SPACE, tenant)
    return held
