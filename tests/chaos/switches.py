"""The twelve persons of the demo, told once for each answer that a switch of the sandbox can be turned to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from so_sandbox.world.switches import Switches
from tests.chaos.product import ROOT

_LONGEST = 300.0
_AT_A_TIME = 2


@dataclass(frozen=True, slots=True)
class Told:
    """One story, and how it ended."""

    turned: str
    right: bool
    last_words: str


def every_turn() -> list[str]:
    """Name each switch with each of its answers, defaults left out."""
    return [f"{name}={one}" for name, answers in Switches.answers().items() for one in answers[1:]]


def tell(turned: str) -> Told:
    """Tell the story with one switch turned."""
    command = [sys.executable, "-m", "so_sandbox.demo", "--turn", turned]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=_LONGEST,
        )
    except subprocess.TimeoutExpired:
        return Told(turned, right=False, last_words=f"not over after {_LONGEST:.0f} s")
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    wrong = [line for line in lines if "✗" in line]
    return Told(turned, done.returncode == 0, "; ".join(wrong or lines[-1:]))


def tell_all(say: Callable[[Told], None]) -> Iterator[Told]:
    """Tell the story for every turn, and say how each ended as soon as it has."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for told in pool.map(tell, every_turn()):
            say(told)
            yield told
