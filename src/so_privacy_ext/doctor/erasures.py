"""What plugins owe: to have erased what they hold elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from so_privacy_ext.doctor.findings import Finding, error, warning
from so_privacy_ext.extending import Extending
from so_privacy_ext.storage import erasures
from so_privacy_ext.storage.erasures import RemovedErasure
from so_privacy_ext.storage.turns import Turn

LONG = timedelta(days=30)
"""A person must have an answer within a month (GDPR art. 12.3)."""
_DO = "so-privacy erasures ask; erasures list says why not; once it is gone in another way: erasures settle"
_MEANS = "data stand elsewhere that nobody may hold any more"


def examine_erasures(turn: Turn, extending: Extending, now: datetime) -> Iterator[Finding]:
    """Look at what is owed to a tenant, and at plugins that are off and still hold its data."""
    tenant = turn.tenant.context_identifier
    owed = erasures.counted(turn.session)
    for one in owed:
        what = "all that it holds" if one.of_all else f"what it holds of {one.how_many} persons who are gone"
        why = f", asked {one.attempts} times ({one.reason})" if one.attempts else ""
        found = f"has not erased {what}, since {one.since:%Y-%m-%d %H:%M:%S} UTC{why}"
        level = error if now - one.since > LONG else warning
        yield level(f"plugin {one.plugin}", found, _DO, means=_MEANS, tenant=tenant)
    asked = {one.plugin for one in owed if one.of_all}
    for plugin in extending.listed(turn.session):
        if plugin.holds and not plugin.is_on and plugin.name not in asked:
            found, do = (
                "is off and may still hold data",
                f"so-privacy plugin disable {plugin.name} --erase-data",
            )
            yield warning(f"plugin {plugin.name}", found, do, means=_STILL, tenant=tenant)


def examine_removed(owed: Sequence[RemovedErasure], now: datetime) -> Iterator[Finding]:
    """Look at what is owed to tenants that were removed."""
    for one in owed:
        why = f", asked {one.attempts} times ({one.reason})" if one.attempts else ""
        found = f"has not erased what it holds for a tenant that was removed{why}"
        level = error if now - one.since > LONG else warning
        yield level(f"plugin {one.plugin}", found, _DO, means=_MEANS, tenant=one.context_identifier)


_STILL = "what it holds is erased person by person, as she goes, and shown to who asks"
