"""The first page: how the tenant fares, what needs a human, and its two levers, pause and resume."""

from __future__ import annotations

from starlette.responses import Response

from so_privacy_ext.errors import Fault
from so_privacy_ext.lifecycle.watchdog import WHAT_TO_DO
from so_privacy_ext.storage import findings, manifests, proposals, tenants
from so_privacy_ext.storage.findings import TenantFinding
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.web.console.visit import HOME, Visit

PARKED = {
    "no_manifest": "no_manifest",
    Fault.TENANT_STATE: "tenant_state",
    Fault.MISDIRECTED: "tenant_state",
    Fault.AUTHORIZATION_LOST: "authorization",
    Fault.ACCESS_DENIED: "access",
    Fault.APP_KEY: "ours",
    Fault.CLOCK_SKEW: "ours",
    Fault.THROTTLED: "throttled",
    Fault.TRANSPORT: "away",
    Fault.TRANSIENT: "away",
    Fault.PROTOCOL: "away",
    Fault.EXPIRED_TICKET: "away",
    Fault.UNKNOWN: "away",
    Fault.UNAVAILABLE: "away",
    Fault.REISSUED: "tenant_state",
}
"""Why a tenant is parked → by which texts it is told; all else is told as `other`."""


def show(visit: Visit) -> Response:
    """Show the tenant."""
    with visit.session() as session:
        summary = visit.summary(session)
        slots = tenants.subscriptions(session)
        active = next((one for one in manifests.listed(session) if one.active_to is None), None)
        wrong = findings.listed(session)
        proposed = proposals.waiting(session)
    return visit.page(
        "overview.html",
        tenant=summary,
        state=state(summary),
        parked=PARKED.get(summary.parked_reason or "", "other"),
        slots=slots,
        active=active,
        wrong=wrong,
        told_as=_told_as,
        proposed=proposed,
        needs=summary.dead + summary.reviews + len(wrong) + proposed + (active is None),
    )


def _told_as(found: TenantFinding) -> str:
    """Give the name of the texts that tell of a finding."""
    return found.what if found.what in WHAT_TO_DO else "other"


def state(tenant: TenantSummary) -> str:
    """Say in a word how a tenant stands; what its administrator decided goes first."""
    if tenant.leaving_at is not None:
        return "leaving"
    if tenant.paused_at is not None:
        return "paused"
    return "parked" if tenant.parked_until is not None else "running"


def pause(visit: Visit) -> Response:
    """Pause; when this returns, nothing is being done any more."""
    with visit.turn() as turn:
        tenants.pause(turn.session)
    visit.note("tenant_paused")
    return visit.done(HOME, "paused")


def resume(visit: Visit) -> Response:
    """Go on with what has come meanwhile."""
    with visit.session() as session:
        tenants.resume(session)
    visit.note("tenant_resumed")
    return visit.done(HOME, "resumed")


def try_now(visit: Visit) -> Response:
    """Have a parked tenant tried at once; if the cause is still there, it is parked again."""
    with visit.turn() as turn:
        turn.unpark()
        turn.wake()
    visit.note("tenant_unparked")
    return visit.done(HOME, "tried")


def put_right(visit: Visit) -> Response:
    """Look at our webhooks now and put them right; what is still wrong is shown as before."""
    with visit.turn() as turn:
        visit.tenancy.put_right(turn)
        left = findings.listed(turn.session)
    visit.note("webhooks_put_right", left=len(left))
    return visit.done(HOME, "still_wrong" if left else "put_right")
