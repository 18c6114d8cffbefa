"""`python -m tests.chaos`: the soak, the seeded bugs that it must catch, each switch of the sandbox alone."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tests.chaos import plan as plans
from tests.chaos.plan import Plan
from tests.chaos.soak import Soak
from tests.chaos.verdict import Verdict

_LONGEST_HUNT = 480.0
"""Seconds after which no further soak is begun for a bug."""
CONSOLE = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)


def main() -> int:
    """Give 0 when all is as it must be, 1 on any breach."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=12.0, help="under fire; healing comes on top")
    parser.add_argument("--seed", type=int, default=None, help="repeat the same plan of trouble")
    parser.add_argument("--short", action="store_true", help="under a minute, as in `make test`")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the verdict there too")
    parser.add_argument("--bug", choices=("all", *plans.BUGS), help="a seeded bug, which must be caught")
    parser.add_argument("--control", action="store_true", help="the plan of the bug without the bug")
    given = parser.parse_args()
    seed = random.randrange(1_000_000) if given.seed is None else given.seed
    if given.bug:
        bugs = plans.BUGS if given.bug == "all" else (given.bug,)
        caught = [hunt(bug, seed, control=given.control) for bug in bugs]
        return 0 if all(caught) else 1
    plan = plans.short() if given.short else plans.full(given.minutes * 60)
    verdict = soak(plan, seed)
    show(verdict)
    if given.json:
        given.json.write_text(json.dumps(verdict.as_json(), indent=2))
    return 1 if verdict.breaches else 0


def soak(plan: Plan, seed: int) -> Verdict:
    """Run one soak, telling how far it is."""
    CONSOLE.print(f"soak {plan.name}, seed {seed}")
    begun = time.monotonic()
    with Soak(plan, seed, lambda line: CONSOLE.print(f"· {time.monotonic() - begun:5.0f} s {line}")) as one:
        return one.run()


def hunt(bug: str, seed: int, *, control: bool) -> bool:
    """Soak with a seeded bug until it is caught, ten minutes at most; as a control once, without it."""
    until = time.monotonic() + _LONGEST_HUNT
    begun = time.monotonic()
    while True:
        plan = plans.for_bug(bug)
        verdict = soak(replace(plan, bug=None) if control else plan, seed)
        breaches = {name: times for name, times in verdict.breaches.items() if name != "too_few_kills"}
        seconds = time.monotonic() - begun
        if control:
            show(verdict)
            return not breaches
        if breaches.keys() & plans.SIGNS[bug]:
            CONSOLE.print(f"CAUGHT {bug} after {seconds:.0f} s: {breaches}", style="green bold")
            for name in breaches:
                CONSOLE.print(f"  {name}: {(verdict.findings.examples[name] or ['counted'])[0]}")
            return True
        if time.monotonic() > until:
            CONSOLE.print(f"NOT CAUGHT {bug} in {seconds:.0f} s", style="red bold")
            return False
        seed += 1


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


if __name__ == "__main__":
    sys.exit(main())
