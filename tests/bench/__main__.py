"""`python -m tests.bench`: measures, prints a table, writes bench.json, fails where a bar is missed."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench import (
    applying,
    consenting,
    crm_client,
    deciding,
    extending,
    installing,
    manifests,
    massing,
    neighbouring,
    reacting,
    receiving,
    takeover,
    trying,
)
from tests.bench.figures import Figure, shown
from tests.bench.processes import memory_mb
from tests.bench.stage import Stage, StageError, staged

_RESULT = Path("bench.json")


def main() -> int:
    """Give 0 when every figure lands, else 1."""
    console = Console(soft_wrap=not sys.stdout.isatty())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="sop-"))
    begun, load = time.monotonic(), os.getloadavg()[0]
    figures: list[Figure] = []
    try:
        with staged(folder) as stage:
            for what, measure in _parts(stage):
                console.print(f"· {what}", style="dim", highlight=False)
                figures += measure()
            machine = _machine(stage) | {"load_at_start": round(load, 1)}
    except StageError as error:
        console.print(_table(figures))
        console.print(f"[red]{error}[/red]", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds = round(time.monotonic() - begun)
    console.print(_table(figures))
    console.print(f"{seconds} s on {', '.join(f'{name} {value}' for name, value in machine.items())}")
    found = {"machine": machine, "seconds": seconds, "figures": [asdict(one) for one in figures]}
    _RESULT.write_text(json.dumps(found, indent=2) + "\n")
    missed = [one.name for one in figures if not one.lands]
    if missed:
        console.print(f"misses its bar: {', '.join(missed)}", style="red", highlight=False)
    return 1 if missed else 0


def _parts(stage: Stage) -> Iterator[tuple[str, Callable[[], list[Figure]]]]:
    """Give the parts in order; what one leaves running is what the next needs."""
    yield "deciding with a hundred rules", deciding.measure
    yield "a thousand rule tests", trying.measure
    yield "asking a plugin", extending.measure
    yield "receiving, with nothing else running", lambda: receiving.measure(stage)
    stage.start_sandbox(concurrency=8)
    yield "calling the CRM", lambda: crm_client.measure(stage)
    stage.start_web()
    stage.start_worker()
    installing.add(stage, (*consenting.TENANTS, reacting.QUIET, reacting.NOISY), manifests.WRITING)
    yield "2,000 consents in five tenants, each event twice, then mails", lambda: consenting.measure(stage)
    yield "one person at a time", lambda: reacting.idle(stage)
    yield "memory", lambda: _memory(stage)
    yield "one person beside a plugin that hangs", lambda: neighbouring.measure(stage)
    yield "one person beside a burst of 5,000 events", lambda: reacting.beside_a_burst(stage)
    yield "killing workers", lambda: takeover.measure(stage, reacting.NOISY)
    yield "a plan applied person by person", lambda: applying.measure(stage)
    yield "100,000 persons planned for and written in bulk", lambda: massing.measure(stage)


def _memory(stage: Stage) -> list[Figure]:
    pids = {name: stage.running[name].pid for name in ("web", "worker", "sandbox")}
    return [
        Figure(f"rss_mb_{name}", memory_mb(pid), "MB")
        for name, pid in (pids | {"postgresql": stage.postgres_pid}).items()
    ]


def _machine(stage: Stage) -> dict[str, object]:
    return {
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "postgresql": stage.scalar("SHOW server_version"),
    }


def _table(figures: list[Figure]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("")
    table.add_column("bar")
    for one in figures:
        style = "" if one.lands else "red"
        table.add_row(one.name, shown(one.value), one.unit, one.verdict, style=style)
    return table


if __name__ == "__main__":
    sys.exit(main())
