"""Leaves an operation of a tenant alone that fails again and again, and tries it once from time to time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from so_privacy_ext.errors import Applied, CrmFailure, Fault
from so_privacy_ext.superoffice import faults

COUNTED = frozenset({Fault.TRANSPORT, Fault.TRANSIENT})
"""What says that the CRM is ill; any other answer, even a refusal, says that it is well."""
IN_A_ROW = 5
WINDOW = 20
"""Outcomes that are remembered; half of them failures is a brown-out, once there are ten."""
SHORTEST, LONGEST = 30.0, 120.0
"""Seconds for which an operation is left alone, twice as long after each try in vain."""


class Breaker:
    """One operation of one tenant, used by many threads."""

    def __init__(self, operation: str, elapsed: Callable[[], float]) -> None:
        self._operation = operation
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._outcomes: deque[bool] = deque(maxlen=WINDOW)
        self._pause = 0.0
        self._until: float | None = None
        self._tried = False
        """Whether somebody is trying now."""

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Let a call through and note how it ends, or raise the `Park` of an operation that is left alone."""
        self._enter()
        try:
            yield
        except CrmFailure as failure:
            self._note(well=failure.fault not in COUNTED)
            raise
        except BaseException:
            with self._lock:
                self._tried = False  # nothing was learnt: another may try
            raise
        self._note(well=True)

    def _enter(self) -> None:
        with self._lock:
            if self._until is None:
                return
            left = self._until - self._elapsed()
            if left > 0 or self._tried:
                wait = left if left > 0 else SHORTEST
                raise faults.failure(Fault.UNAVAILABLE, self._operation, applied=Applied.NO, wait=wait)
            self._tried = True

    def _note(self, *, well: bool) -> None:
        with self._lock:
            was_open, self._tried = self._until is not None, False
            self._outcomes.append(well)
            if well and was_open:
                self._until, self._pause = None, 0.0
                self._outcomes.clear()
            elif not well and (was_open or self._ill()):
                self._pause = min(max(self._pause * 2, SHORTEST), LONGEST)
                self._until = self._elapsed() + self._pause

    def _ill(self) -> bool:
        last = list(self._outcomes)
        in_a_row = len(last) >= IN_A_ROW and not any(last[-IN_A_ROW:])
        return in_a_row or (len(last) >= WINDOW // 2 and last.count(False) * 2 >= len(last))


class Breakers:
    """One tenant's operations."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._known: dict[str, Breaker] = {}

    def of(self, operation: str) -> Breaker:
        with self._lock:
            if operation not in self._known:
                self._known[operation] = Breaker(operation, self._elapsed)
            return self._known[operation]
