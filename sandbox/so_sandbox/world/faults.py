"""Failures that were asked for: per tenant, operation and n-th call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = {
    "soap_fault": "a SOAP fault instead of an answer, with the text given after the colon",
    "succeeded_false": "Succeeded=false with the exception type given after the colon, then :message",
    "no_header": "the right answer without its SOAP header",
    "truncated": "the first half of the right answer",
    "html": "an HTML page with status 200",
    "empty": "status 200 and nothing",
    "empty_body": "an envelope whose Body is empty",
    "wrong_response": "another operation's response element",
    "apply_then_drop": "do it, then close the connection without an answer",
    "drop": "close the connection without doing anything",
    "delay": "wait the seconds given after the colon, then go on",
    "not_applied": "say that it succeeded and do nothing",
    "expired_ticket": "refuse the ticket as if it had expired",
    "half_done": "write the first half of a mass operation's rows, then fail; its job ends as Failed",
    "slow": "answer in drops over the seconds given after the colon",
}
APPLIED = frozenset(
    {"no_header", "truncated", "empty_body", "wrong_response", "apply_then_drop", "slow", "delay"}
)
_HTTP = re.compile(r"http_[1-5]\d\d")


@dataclass(slots=True)
class Fault:
    """One failure; `operation` is `Person.SetConsent`, `Person.*` or `*`, `tenant` a name or `*`."""

    kind: str
    operation: str = "*"
    tenant: str = "*"
    nth: int = 1
    """The first call that is hit, counted from when the fault was asked for."""
    times: int = 1
    """How many calls in a row are hit; 0 = all from then on."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Response headers for `http_<status>`, such as Retry-After."""
    apply: bool | None = None
    """Whether the operation is done all the same; None = as the kind says."""
    calls: int = 0
    hits: int = 0
    fault_id: int = 0

    def __post_init__(self) -> None:
        if self.name not in KINDS and not _HTTP.fullmatch(self.name):
            raise ValueError(f"no fault {self.name!r}; there are: http_<status>, {', '.join(KINDS)}")
        if self.name in {"delay", "slow"}:
            float(self.argument or 0)
        if self.nth < 1 or self.times < 0:
            raise ValueError("nth starts at 1 and times at 0")

    @property
    def name(self) -> str:
        return self.kind.partition(":")[0]

    @property
    def argument(self) -> str:
        return self.kind.partition(":")[2]

    @property
    def applied(self) -> bool:
        return self.name in APPLIED if self.apply is None else self.apply

    def concerns(self, tenant: str, agent: str, operation: str) -> bool:
        return self.tenant.casefold() in ("*", tenant.casefold()) and self.operation.casefold() in (
            "*",
            f"{agent}.*".casefold(),
            f"{agent}.{operation}".casefold(),
            operation.casefold(),
        )


class Faults:
    """The failures that are asked for, in the order of asking; the first that hits is taken."""

    def __init__(self) -> None:
        self.asked: list[Fault] = []
        self._last_id = 0

    def add(self, fault: Fault) -> Fault:
        self._last_id += 1
        fault.fault_id = self._last_id
        self.asked.append(fault)
        return fault

    def take(self, tenant: str, agent: str, operation: str) -> Fault | None:
        """Count this call against every fault that concerns it and return the one that hits it."""
        hit: Fault | None = None
        for fault in self.asked:
            if not fault.concerns(tenant, agent, operation):
                continue
            fault.calls += 1
            open_end = fault.times == 0 or fault.calls < fault.nth + fault.times
            if hit is None and fault.calls >= fault.nth and open_end:
                fault.hits += 1
                hit = fault
        return hit

    def clear(self) -> None:
        self.asked.clear()
