"""A tenant's own systems that are told by HTTP: whether each takes what it is told."""

from __future__ import annotations

from collections.abc import Iterator

from so_privacy_ext.doctor.findings import Finding, error, right, warning
from so_privacy_ext.endpoints import FAILING, GONE
from so_privacy_ext.storage import endpoints
from so_privacy_ext.storage.endpoints import Endpoint
from so_privacy_ext.storage.turns import Turn

_MEANS = "the tenant's own system does not know of what was decided"
_OFF = {
    GONE: "it said that it is gone (410)",
    FAILING: "it has done nothing but fail for five days",
}


def examine_endpoints(turn: Turn) -> Iterator[Finding]:
    """Look at all endpoints of a tenant; nothing is posted."""
    if not turn.tenant.endpoints:
        return
    name = turn.tenant.context_identifier
    for one in endpoints.listed(turn.session):
        yield _examine(name, one)


def _examine(tenant: str, one: Endpoint) -> Finding:
    what = f"endpoint {one.endpoint_id} ({one.host})"
    if one.off_because in _OFF:
        found = f"switched off since {one.off_at:%Y-%m-%d %H:%M:%S} UTC: {_OFF[one.off_because]}"
        do = (
            f"so-privacy outward test {one.endpoint_id}; outward on, which goes on with what waits, or remove"
        )
        return error(what, f"{found}; {one.waiting} messages wait", do, means=_MEANS, tenant=tenant)
    if one.off_at is not None:
        return right(
            what, f"off since {one.off_at:%Y-%m-%d %H:%M:%S} UTC, as somebody wants it", tenant=tenant
        )
    if one.trouble is not None:
        since = f"{one.trouble} since {one.failing_since:%Y-%m-%d %H:%M:%S} UTC"
        do = f"so-privacy outward test {one.endpoint_id}; it is tried again by itself, for five days"
        return warning(what, f"{since}; {one.waiting} messages wait", do, means=_MEANS, tenant=tenant)
    return right(what, f"{one.delivered} messages taken", tenant=tenant)
