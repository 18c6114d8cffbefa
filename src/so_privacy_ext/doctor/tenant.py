"""What waits in a tenant, and why nothing is done for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from so_privacy_ext.doctor.findings import Finding, error, right, warning
from so_privacy_ext.storage.tenants import TenantSummary

_TOO_LONG = timedelta(minutes=2)


def examine_queue(tenant: TenantSummary, now: datetime) -> Iterator[Finding]:
    """Look at a tenant's state with us, and at all that waits."""
    name = tenant.context_identifier
    yield from _standing(tenant)
    idle = tenant.parked_reason or tenant.paused_at or tenant.leaving_at
    waits = tenant.oldest if tenant.oldest and not idle and now - tenant.oldest > _TOO_LONG else None
    if waits is not None:
        yield warning(
            "open events",
            f"{tenant.open}, the oldest since {_moment(waits)}",
            "see that `so-privacy worker` runs; events list --state open says why each waits",
            means="persons are decided about and told late",
            tenant=name,
        )
    else:
        yield right("open events", str(tenant.open), tenant=name)
    if tenant.dead:
        yield error(
            "events given up",
            str(tenant.dead),
            "so-privacy events list --state dead; events redrive",
            means="nothing was decided on them after a day of failures",
            tenant=name,
        )
    if tenant.quarantined:
        yield warning(
            "quarantine",
            str(tenant.quarantined),
            "so-privacy quarantine list",
            means="signed deliveries that made no sense; they are never acted on",
            tenant=name,
        )
    if tenant.reviews:
        yield warning("waiting for a human", str(tenant.reviews), "so-privacy review list", tenant=name)
    if tenant.duties:
        yield warning("persons not informed yet", str(tenant.duties), "so-privacy duties list", tenant=name)


def _standing(tenant: TenantSummary) -> Iterator[Finding]:
    name = tenant.context_identifier
    if tenant.leaving_at is not None:
        found = f"leaving since {_moment(tenant.leaving_at)}"
        yield warning("work", found, "remove the tenant again, which ends what was begun", tenant=name)
    elif tenant.paused_at is not None:
        found = f"paused since {_moment(tenant.paused_at)}"
        means = "events are kept and nothing is done"
        yield warning("work", found, f"so-privacy tenant resume {name}", means=means, tenant=name)
    elif tenant.parked_reason and tenant.parked_until:
        found = f"parked: {tenant.parked_reason}, tried again at {_moment(tenant.parked_until)}"
        means = "events are kept, and it goes on by itself when the cause is gone"
        yield warning("work", found, "see what is said of SuperOffice below", means=means, tenant=name)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
