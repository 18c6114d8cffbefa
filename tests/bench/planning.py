"""Planning for everybody in a tenant of a hundred thousand persons: calls, memory and time of the command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.stage import Stage, StageError

CHANGES = 3
_KIB = 1024 / 1e6


def plan(stage: Stage, tenant: str, file: Path, persons: int) -> list[Figure]:
    """Run `so-privacy plan -o` in a process of its own, beside a worker and at the tenant's pace."""
    stage.forget_calls()
    begun = time.monotonic()
    code, memory = _run(stage, "plan", "--tenant", tenant, "-o", str(file))
    seconds = time.monotonic() - begun
    if code != CHANGES:
        said = (stage.folder / "plan.log").read_text()[-500:]
        raise StageError(f"so-privacy plan ended with {code}: {said}")
    calls = sum(stage.ask("/calls/counts", tenant=tenant)["operations"].values())
    return [
        Figure("plan_calls_per_person", calls / persons, at_most=0.004),
        Figure("plan_persons_per_s", persons / seconds, "/s"),
        Figure("plan_rss_mb", memory, "MB", at_most=300),
    ]


def _run(stage: Stage, *words: str) -> tuple[int, float]:
    """Give a command's exit code and the most memory that it had resident, in MB."""
    with (stage.folder / "plan.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "so_privacy_ext", *words],
            env=stage.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_maxrss * (1e-6 if sys.platform == "darwin" else _KIB)
