"""Every web service call that reached the sandbox, oldest first."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import asdict, dataclass

KEPT = 500_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `at` is real time in seconds since 1970 at its arrival, whatever the world's clock says."""

    at: float
    tenant: str
    agent: str
    operation: str
    status: str
    """`ok`, `refused:<ExceptionType>`, `http_<status>`, `fault:<kind>` or `violation`."""
    seconds: float


class CallLog:
    """What was called, by whom, how it ended."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque(maxlen=KEPT)

    def add(self, *, at: float, tenant: str, agent: str, operation: str, status: str) -> None:
        self.calls.append(Call(at, tenant, agent, operation, status, time.time() - at))

    def of(self, tenant: str | None = None, operation: str | None = None) -> list[Call]:
        """Return the calls of a tenant and an operation; None stands for all."""
        return [
            call
            for call in tuple(self.calls)
            if tenant in (None, call.tenant) and operation in (None, call.operation)
        ]

    def counts(self, tenant: str | None = None) -> dict[str, int]:
        """Count the calls by `Agent.Operation`."""
        return dict(Counter(f"{call.agent}.{call.operation}" for call in self.of(tenant)))

    def busiest_second(self, tenant: str) -> int:
        """Return the largest number of calls in any rolling second."""
        times = [call.at for call in self.of(tenant)]
        times.sort()
        most = start = 0
        for end, at in enumerate(times):
            while times[start] <= at - 1.0:
                start += 1
            most = max(most, end - start + 1)
        return most

    def as_json(self, tenant: str | None = None, operation: str | None = None) -> list[dict[str, object]]:
        return [asdict(call) for call in self.of(tenant, operation)]

    def clear(self) -> None:
        self.calls.clear()
