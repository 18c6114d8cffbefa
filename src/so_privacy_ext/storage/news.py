"""News of a tenant, from somebody who is not under its turn: the worker is told what to look at."""

from __future__ import annotations

from collections.abc import Sequence

from so_privacy_ext.model import TenantId
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.statements import Statements

_sql = Statements("news")
_PATIENCE = 3.0
"""Seconds that whoever brings the news can wait."""


def hint(dsn: str, environment: str, context_identifier: str, kinds: Sequence[str]) -> TenantId | None:
    """Have kinds of work done soon for a tenant, by its exact name; None when there is none of that name."""
    with (
        mapped(),
        connect(
            dsn, application_name="so-privacy news", idle_seconds=0, statement_seconds=_PATIENCE
        ) as connection,
    ):
        row = connection.execute(
            _sql["hint"],
            {"environment": environment, "context_identifier": context_identifier, "kinds": list(kinds)},
        ).fetchone()
    return None if row is None else TenantId(row["tenant_id"])
