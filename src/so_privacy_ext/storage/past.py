"""Reads what was decided in a stretch of time, page by page, however much it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from so_privacy_ext.model import Epoch
from so_privacy_ext.ports import KeptDecision
from so_privacy_ext.storage.decisions import kept_decision
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_PAGE = 1000

_sql = Statements("past")


def decided_since(session: TenantSession, epoch: Epoch, since: datetime) -> Iterator[KeptDecision]:
    """Give all decisions of an epoch from then on, oldest first; each page is a transaction of its own."""
    after = 0
    while True:
        values = {"epoch": epoch, "since": since, "after": after, "limit": _PAGE}
        page = session.rows(_sql["decided_since"], values)
        yield from (kept_decision(row) for row in page)
        if len(page) < _PAGE:
            return
        after = page[-1]["decision_id"]
