"""Who changed when, counted from the rows themselves: what a sweep should have found."""

from __future__ import annotations

from datetime import datetime

from so_sandbox.world.rows import Consent
from so_sandbox.world.tenant import Tenant


def changed(tenant: Tenant, since: datetime, until: datetime, *, not_by: int = 0) -> set[int]:
    """Give the persons who entered or changed in that time, or whose address or consent did, and are there.

    A consent that was last written by the associate `not_by`, most often the asking app itself, is no change.
    """

    def within(moment: datetime | None) -> bool:
        return moment is not None and since <= moment <= until

    def others(row: Consent) -> bool:
        return (row.updated_associate_id or row.registered_associate_id) != not_by

    return {
        person.person_id
        for person in tenant.persons()
        if within(person.registered)
        or within(person.updated)
        or any(within(row.updated) for row in tenant.emails(person.person_id))
        or any(
            within(row.updated or row.registered) and others(row)
            for row in tenant.tables.consents.get(person.person_id, {}).values()
        )
    }
