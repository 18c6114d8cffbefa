"""Long work on a tenant from outside its worker: a step at a time, under a turn that is let go again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

from so_privacy_ext.errors import Retry
from so_privacy_ext.storage.turns import Turn

SHARE = 2.0
"""Seconds for which the tenant is held; its events wait no longer than that and one step."""
GIVE_WAY = 0.3
"""Seconds in which a worker takes the tenant, if it owes anything; then we stand in line behind it."""
FAILURES = 5
"""Failures in a row that may pass by themselves; after one more the work is given up."""
LONGEST_WAIT = 60.0

Answer = TypeVar("Answer")


def rounds(
    take: Callable[[], AbstractContextManager[Turn]],
    step: Callable[[Turn], Answer | None],
    *,
    pause: Callable[[float], object] = time.sleep,
) -> Iterator[Answer]:
    """Give what each step answers, until one answers None.

    A step that fails in a way that may pass is done again, so it keeps nothing before it is sure. Raises what
    a step raises, the `Retry` of one that goes on failing, and what `take` raises where the turn is not had.
    """
    failures = 0
    while True:
        rest = 0.0
        try:
            with take() as turn:
                until = time.monotonic() + SHARE
                while True:
                    answer = step(turn)
                    if answer is None:
                        return
                    failures = 0
                    yield answer
                    if time.monotonic() >= until:
                        break
                if turn.owes:
                    turn.wake()
                    rest = GIVE_WAY
        except Retry as failure:
            failures += 1
            if failures > FAILURES:
                raise
            rest = min(failure.wait or 2.0**failures, LONGEST_WAIT)
        if rest:
            pause(rest)
