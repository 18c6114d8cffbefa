"""A tenant's decisions one after another, as they were journaled, for who takes them away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

BATCH = 200
_sql = Statements("exports")


def decisions(
    session: TenantSession, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Give them in the order in which they were made, some at a time: ids, keys and codes, and no facts."""
    after = 0
    while found := session.rows(
        _sql["decisions"], {"after": after, "since": since, "until": until, "limit": BATCH}
    ):
        yield [_told(row) for row in found]
        after = found[-1]["seq"]


def _told(row: Row) -> Mapping[str, Any]:
    content = row["content"]
    return {
        "decision_id": content["decision_id"],
        "person_id": row["person_id"],
        "decided_at": row["at"].isoformat(),
        "manifest": content["manifest"],
        "purposes": content["decisions"],
        "withdrawn": content["withdrawn"],
        "mail": content.get("mail"),
        "result": content["result"],
    }
