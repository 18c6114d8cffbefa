"""What the watchdog has found and can't mend, and what the last whole sweep can prove."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from so_privacy_ext.doctor.findings import Finding, error, right, warning
from so_privacy_ext.lifecycle.watchdog import WHAT_TO_DO
from so_privacy_ext.model import Statement, SweepKind
from so_privacy_ext.storage.findings import TenantFinding

_LONGEST = timedelta(hours=30)
"""Between two whole sweeps, which come each night."""


def examine_healing(
    name: str, found: Sequence[TenantFinding], stated: Sequence[Statement], now: datetime
) -> Iterator[Finding]:
    """Look at what waits for a human in the tenant as a whole, and at the last whole sweep."""
    for one in found:
        told = f"{one.what}, {one.subject}, since {one.since:%Y-%m-%d %H:%M:%S} UTC"
        do = WHAT_TO_DO.get(one.what, "see so-privacy journal")
        yield error("healing", told, do, means="events may be lost meanwhile", tenant=name)
    last = next((one for one in stated if one.kind is SweepKind.WHOLE), None)
    if last is None:
        return  # it is too new a tenant, or none has a manifest yet
    told = f"until {last.until:%Y-%m-%d %H:%M:%S} UTC, {last.found} persons changed, {last.handled} handled"
    if now - last.until > _LONGEST:
        do = "see that `so-privacy worker` runs, or so-privacy sweep"
        yield warning("sweep", told, do, means="whom no event told of is not found", tenant=name)
    elif last.given_up:
        do = "so-privacy events list --state dead; events redrive"
        yield warning("sweep", f"{told}, {last.given_up} given up", do, tenant=name)
    else:
        yield right("sweep", told, tenant=name)
