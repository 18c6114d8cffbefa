"""`python -m tests.chaos`: the soak, an outage, the seeded bugs that it must catch, each switch alone."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.chaos import backup, manifests
from tests.chaos import plan as plans
from tests.chaos.bugs import restored_without_an_epoch
from tests.chaos.outage import outage
from tests.chaos.plan import Plan
from tests.chaos.product import Database
from tests.chaos.soak import Soak
from tests.chaos.switches import Told, tell_all
from tests.chaos.verdict import Verdict

_LONGEST_HUNT = 480.0
"""Seconds after which no further soak is begun for a bug."""
_MANIFESTS = 1_000_000
SET_BACK = "restored_without_an_epoch"
"""The bug that shows in a tenant that is set back, and in no soak."""
CONSOLE = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)


def main() -> int:
    """Give 0 when all is as it must be, 1 on any breach, any bug not caught, any story not right."""
    given = _arguments()
    seed = random.randrange(1_000_000) if given.seed is None else given.seed
    if given.set_back:
        return 0 if not set_back(buggy=False) else 1
    if given.bug:
        return 0 if hunt_all(given.bug, seed, control=given.control) else 1
    if given.outage:
        return 0 if survive(seed) else 1
    if given.switches:
        return 0 if turn_all() else 1
    if given.manifests is not None:
        return 0 if load_all(seed, given.manifests) else 1
    verdict = soak(plans.short() if given.short else plans.full(given.minutes * 60), seed)
    said = json.dumps(verdict.as_json(), indent=2)
    if given.json:
        given.json.write_text(said)
    else:
        CONSOLE.print(said, markup=False)
    show(verdict)
    right = [not verdict.breaches]
    if given.all:
        right += [survive(seed), not set_back(buggy=False), hunt_all("all", seed, control=False), turn_all()]
        right.append(load_all(seed, _MANIFESTS))
    return 0 if all(right) else 1


def soak(plan: Plan, seed: int) -> Verdict:
    """Run one soak, telling how far it is."""
    CONSOLE.print(f"soak {plan.name}, seed {seed}")
    begun = time.monotonic()
    with Soak(plan, seed, lambda line: CONSOLE.print(f"· {time.monotonic() - begun:5.0f} s {line}")) as one:
        return one.run()


def hunt_all(bug: str, seed: int, *, control: bool) -> bool:
    """Hunt one seeded bug or all; tell whether each was caught."""
    bugs = (*plans.BUGS, SET_BACK) if bug == "all" else (bug,)
    caught = {
        one: set_back(buggy=not control).keys() > {"epochs"}
        if one == SET_BACK
        else hunt(one, seed, control=control)
        for one in bugs
    }
    if not control:
        CONSOLE.print(f"{sum(caught.values())} of {len(caught)} seeded bugs caught")
    return all(caught.values())


def hunt(bug: str, seed: int, *, control: bool) -> bool:
    """Soak with a seeded bug until it is caught, ten minutes at most; as a control once, without it."""
    begun = time.monotonic()
    while time.monotonic() < begun + _LONGEST_HUNT:
        plan = plans.for_bug(bug)
        verdict = soak(replace(plan, bug=None) if control else plan, seed)
        breaches = verdict.breaches
        if control:
            show(verdict)
            return not breaches
        if breaches.keys() & plans.SIGNS[bug]:
            CONSOLE.print(
                f"CAUGHT {bug} after {time.monotonic() - begun:.0f} s: {breaches}", style="green bold"
            )
            for name in breaches:
                CONSOLE.print(f"  {name}: {(verdict.findings.examples[name] or ['counted'])[0]}")
            return True
        seed += 1
    CONSOLE.print(f"NOT CAUGHT {bug} in {time.monotonic() - begun:.0f} s", style="red bold")
    return False


def survive(seed: int) -> bool:
    """Lose every tenth delivery of 500 persons in each of two tenants, then change them all in an outage."""
    CONSOLE.print(f"outage, seed {seed}")
    with _place() as (dsn, folder), outage(dsn, folder, tenants=2, persons=500, seed=seed) as one:
        outcome = one.run(_telling())
    CONSOLE.print(json.dumps(outcome.as_json(), indent=2), markup=False)
    CONSOLE.print("found, handled, as the oracle says" if outcome.right else "BREACHES")
    return outcome.right


def set_back(*, buggy: bool) -> dict[str, int]:
    """Set a tenant back to a backup, with the product as it is or with the bug; give what is wrong then."""
    CONSOLE.print(f"set back to a backup, {SET_BACK if buggy else 'no bug'}")
    with _place() as (dsn, folder), pytest.MonkeyPatch.context() as patch:
        if buggy:
            restored_without_an_epoch.apply(patch)
        wrong = backup.set_back(dsn, folder, _telling())
    told = f"CAUGHT {SET_BACK}: {wrong}" if buggy and wrong else f"wrong: {wrong}"
    CONSOLE.print(told if wrong else "nobody taken for another, nobody told twice")
    return wrong


@contextmanager
def _place() -> Iterator[tuple[str, Path]]:
    """Give a database and a folder with a short path, which a socket needs."""
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
    database = Database(folder / "data")
    try:
        yield database.dsn, folder
    finally:
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _telling() -> Callable[[str], None]:
    begun = time.monotonic()
    return lambda line: CONSOLE.print(f"· {time.monotonic() - begun:5.0f} s {line}")


def turn_all() -> bool:
    """Tell the demo's story with each switch of the sandbox turned alone."""

    def say(told: Told) -> None:
        CONSOLE.print(f"{'✓' if told.right else '✗'} {told.turned}: {told.last_words}")

    told = list(tell_all(say))
    CONSOLE.print(f"{sum(one.right for one in told)} of {len(told)} turns of a switch came out right")
    return all(one.right for one in told)


def load_all(seed: int, count: int) -> bool:
    """Throw so many files at the loader; tell whether only findings came out."""
    CONSOLE.print(f"{count} manifests that nobody would write, seed {seed}")
    tell, whole = _telling(), manifests.Outcome()
    for whole in manifests.play_all(seed, count, at_once=os.cpu_count() or 1):
        if whole.tried % 50_000 == 0:
            tell(f"{whole.tried} tried, {whole.accepted} accepted, {len(whole.wrong)} wrong")
    for one in whole.wrong[:20]:
        CONSOLE.print(one, style="red", markup=False)
    CONSOLE.print(
        f"{whole.tried} tried, {whole.accepted} accepted, {len(whole.wrong)} brought anything but findings;"
        f" the longest took {whole.slowest:.2f} s of computing, {whole.slow} above {manifests.LONGEST:.0f} s"
    )
    return not whole.wrong and not whole.slow


def show(verdict: Verdict) -> None:
    """Print the verdict for people."""
    for table in verdict.tables():
        CONSOLE.print(table)
    for name in verdict.breaches:
        for example in verdict.findings.examples[name]:
            CONSOLE.print(f"{name}: {example}", style="red")
    right = not verdict.breaches
    words = "nothing lost, nothing twice, nothing unexplained" if right else f"BREACHES: {verdict.breaches}"
    CONSOLE.print(f"seed {verdict.seed}: {words}", style="green bold" if right else "red bold")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=12.0, help="under fire; healing comes on top")
    parser.add_argument("--seed", type=int, default=None, help="repeat the same plan of trouble")
    parser.add_argument("--short", action="store_true", help="under a minute, as in `make test`")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the verdict there instead of printing it"
    )
    parser.add_argument(
        "--bug", choices=("all", *plans.BUGS, SET_BACK), help="only a seeded bug, which must be caught"
    )
    parser.add_argument("--control", action="store_true", help="with --bug: its plan of trouble without it")
    parser.add_argument("--switches", action="store_true", help="only the demo, each switch turned alone")
    parser.add_argument("--set-back", action="store_true", help="only a tenant set back to a backup")
    parser.add_argument("--outage", action="store_true", help="only the outage")
    parser.add_argument(
        "--manifests", type=int, metavar="N", help="only so many odd manifests through the loader"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="the soak, then the outage, then all bugs, all switches, odd manifests",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
