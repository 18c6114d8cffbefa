"""Figures over all tenants: what waits, how long, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.statements import Statements

_sql = Statements("overview")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, such as (`events`, `open`, 12); never of a single tenant."""

    figure: str
    label: str
    value: float


def read_overview(dsn: str) -> Sequence[Figure]:
    """Ask once, on a connection of its own that nobody waits long for."""
    with (
        connect(
            dsn, application_name="so-privacy metrics", statement_seconds=5, connect_seconds=2
        ) as connection,
        mapped(),
    ):
        return [Figure(**row) for row in connection.execute(_sql["overview"]).fetchall()]
