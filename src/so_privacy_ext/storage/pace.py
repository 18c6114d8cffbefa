"""The row that spaces a tenant's calls over all processes: never more than ten in a rolling second."""

from __future__ import annotations

import time
from datetime import datetime

from so_privacy_ext import metrics
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

LATE = 0.020
"""Who wakes later than this behind its place gives it back: a bunch of late ones would break the limit."""
_FIRST_LEAD = 0.05
_LONGEST_LEAD = 1.0

_sql = Statements("pace")


def wait_for_place(session: TenantSession) -> None:
    """Return when a call may begin; it must begin now."""
    given_back: datetime | None = None
    lead = 0.0
    begun = time.monotonic()
    while True:
        with session.transaction():
            asked = time.monotonic()
            row = session.one(_sql["take"], {"given_back": given_back, "lead": lead})
            answered = time.monotonic()
        seconds = max(0.0, row["seconds"])
        time.sleep(max(0.0, answered + seconds - time.monotonic()))
        # Counted from before the question, so that a slow answer counts as lateness too.
        if time.monotonic() - asked - seconds <= LATE:
            metrics.waited_for_place(time.monotonic() - begun)
            return
        # A database that is slower than the tolerance is asked for a place further ahead.
        given_back, lead = row["place"], min(max(_FIRST_LEAD, lead * 2), _LONGEST_LEAD)
