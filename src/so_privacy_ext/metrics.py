"""What this process counts and times, for Prometheus; every label has few values, whatever is counted."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from so_privacy_ext.errors import CrmFailure

MOST_VALUES = 64
"""Values that one label takes in one process; any further one is counted as `other`."""
OTHER = "other"

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}(\.[A-Za-z0-9_]{1,40})?", re.ASCII)
_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Few:
    """The values of one label: plain words, and no more than so many different ones."""

    def __init__(self, most: int = MOST_VALUES) -> None:
        self._most = most
        self._known: set[str] = set()
        self._guard = threading.Lock()

    def __call__(self, value: object) -> str:
        """Give the value as a label, or `other`."""
        text = str(value)
        if text in self._known:
            return text
        with self._guard:
            if len(self._known) >= self._most or not _WORD.fullmatch(text):
                return OTHER
            self._known.add(text)
            return text


REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_deliveries = Counter(
    "so_privacy_deliveries", "Requests on webhook paths by outcome.", ["outcome"], registry=REGISTRY
)
_store_seconds = Histogram(
    "so_privacy_store_seconds", "Time of one group commit.", buckets=_SECONDS, registry=REGISTRY
)
_crm_calls = Counter(
    "so_privacy_crm_calls",
    "Calls to SuperOffice by operation and fault; `none` is a call that went well.",
    ["operation", "fault"],
    registry=REGISTRY,
)
_crm_seconds = Histogram(
    "so_privacy_crm_call_seconds",
    "Time of one call to SuperOffice.",
    ["operation"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_pace_seconds = Counter(
    "so_privacy_pace_wait_seconds", "Time spent waiting for a place in a tenant's pace.", registry=REGISTRY
)
_pace_waits = Counter("so_privacy_pace_waits", "Places taken in a tenant's pace.", registry=REGISTRY)
_turns = Counter("so_privacy_turns", "Turns by how they ended.", ["result"], registry=REGISTRY)
_parked = Counter(
    "so_privacy_parked", "Times that a tenant was parked, by reason.", ["reason"], registry=REGISTRY
)
_mails = Counter(
    "so_privacy_mails_noted", "Times that a mail came into a state.", ["state"], registry=REGISTRY
)
_announced = Counter(
    "so_privacy_outward_attempts",
    "Attempts to tell a tenant's own system, by what came of each; `ok` is one that was taken.",
    ["result"],
    registry=REGISTRY,
)
_sweeps = Counter("so_privacy_sweeps", "Sweeps by result.", ["result"], registry=REGISTRY)
_purged = Counter("so_privacy_purged_rows", "Rows purged, by kind.", ["kind"], registry=REGISTRY)
_dropped = Counter(
    "so_privacy_dropped_log_lines", "Log lines that nobody took and that are lost.", registry=REGISTRY
)
_log_queue = Gauge("so_privacy_waiting_log_lines", "Log lines not yet written.", registry=REGISTRY)

_outcomes, _operations, _faults, _results, _reasons, _swept, _kinds, _states, _answers = (
    Few() for _ in range(9)
)


def delivery(outcome: str) -> None:
    """Count a request on a webhook path."""
    _deliveries.labels(_outcomes(outcome)).inc()


@contextmanager
def storing() -> Iterator[None]:
    """Time a group commit, whether it succeeds or not."""
    with _store_seconds.time():
        yield


@contextmanager
def crm_call(operation: str) -> Iterator[None]:
    """Count and time one call to SuperOffice by how it ends."""
    name, fault = _operations(operation), "none"
    begun = time.perf_counter()
    try:
        yield
    except CrmFailure as failure:
        fault = _faults(failure.fault)
        raise
    finally:
        _crm_calls.labels(name, fault).inc()
        _crm_seconds.labels(name).observe(time.perf_counter() - begun)


def waited_for_place(seconds: float) -> None:
    """Count a place in a tenant's pace, with the time it took."""
    _pace_waits.inc()
    _pace_seconds.inc(max(0.0, seconds))


def turn(result: str) -> None:
    """Count a turn: `worked`, `parked`, `lost`, `failed`."""
    _turns.labels(_results(result)).inc()


def parked(reason: object) -> None:
    """Count that a tenant was parked."""
    _parked.labels(_reasons(reason)).inc()


def mail(state: object) -> None:
    """Count that a mail came into a state."""
    _mails.labels(_states(state)).inc()


def announced(result: str) -> None:
    """Count an attempt to tell a tenant's own system: `ok`, `timeout`, `status_500`."""
    _announced.labels(_answers(result)).inc()


def sweep(result: str) -> None:
    """Count a sweep."""
    _sweeps.labels(_swept(result)).inc()


def purged(kind: str, rows: int) -> None:
    """Count what a purge has taken away."""
    _purged.labels(_kinds(kind)).inc(rows)


def dropped_log_lines(lines: int = 1) -> None:
    """Count log lines that are lost."""
    _dropped.inc(lines)


def waiting_log_lines(lines: int) -> None:
    """Tell how many log lines wait to be written."""
    _log_queue.set(lines)
