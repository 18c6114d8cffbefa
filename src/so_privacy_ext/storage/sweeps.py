"""Searches for what no event told of: where the next one begins, whom one found, and what it can state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from so_privacy_ext.model import (
    SWEPT_EVENT,
    Change,
    Epoch,
    LastIds,
    Stage,
    Statement,
    Sweep,
    SweepKind,
)
from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

OVERLAP = 500
"""Ids that are looked at again: they come from a counter, and are committed in any order."""
LATE = timedelta(hours=1)
"""How much earlier than its commit a row's own time may be."""

_sql = Statements("sweeps")


class SweepBook:
    """Implements `ports.Sweeps` under a tenant's turn."""

    def __init__(self, session: TenantSession, epoch: Epoch) -> None:
        self._session = session
        self._epoch = epoch

    def ask(self, why: str) -> int:
        """Ask for a whole sweep, once until it has begun; give its id."""
        with self._session.transaction():
            self._session.run(_sql["ask"], {"why": why})
            return int(self._session.one(_sql["asked"])["sweep_id"])

    def fresh(self, seconds: float) -> bool:
        """Tell whether a whole sweep began since then, is finished, and no other is wanted or begun."""
        return self._session.row(_sql["fresh"], {"seconds": seconds}) is not None

    def current(self) -> Sweep | None:
        """Give the sweep that has begun and is not finished."""
        row = self._session.row(_sql["current"])
        return None if row is None else _sweep(row)

    def begin(self, kind: SweepKind, why: str, until: datetime, last: LastIds) -> Sweep:
        """Begin where the last finished one ended. The first is whole; one that was asked for goes first."""
        with self._session.transaction():
            before, asked = self._session.row(_sql["last"]), self._session.row(_sql["asked"])
            if before is None or before["whole_until"] is None:
                kind, why = SweepKind.WHOLE, "first" if asked is None else asked["why"]
            elif asked is not None:
                kind, why = SweepKind.WHOLE, asked["why"]
            tenant_since: datetime = (
                self._session.one(_sql["tenant_since"])["at"] if before is None else before["tenant_since"]
            )
            since = tenant_since
            if before is not None:
                since = before["whole_until" if kind is SweepKind.WHOLE else "until"] or tenant_since
            tos = [last.person, last.address, last.consent]
            # A restored CRM counts from an earlier number again.
            ended = tos if before is None else [min(pair) for pair in zip(before["tos"], tos, strict=True)]
            added = asked or self._session.one(_sql["add"], {"kind": kind, "why": why})
            self._session.run(
                _sql["begin"],
                {
                    "sweep_id": added["sweep_id"],
                    "since": since,
                    "until": until,
                    "tenant_since": tenant_since,
                    "froms": [max(0, one - OVERLAP) for one in ended],
                    "tos": tos,
                },
            )
            return _sweep(self._session.one(_sql["current"]))

    def hand_over(self, sweep: Sweep, stage: Stage, after: int, found: Sequence[tuple[Change, bool]]) -> None:
        """Give whom a page found an event unless she was handled or one waits, and keep how far we came."""
        with self._session.transaction():
            if found:
                values = {"sweep_id": sweep.sweep_id, "epoch": self._epoch, "name": SWEPT_EVENT}
                self._session.run(_sql["hand_over"], {**values, **_columns(found)})
            values = {"sweep_id": sweep.sweep_id, "stage": stage, "after": after}
            self._session.run(_sql["come"], values)

    def finish(self, sweep: Sweep) -> None:
        """Have the next sweep begin where this one ended."""
        self._session.run(_sql["finish"], {"sweep_id": sweep.sweep_id})

    def prove(self) -> Sequence[Statement]:
        """Give the statements of sweeps of whose persons nobody waits any more, each once."""
        proven = []
        with self._session.transaction():
            for row in self._session.rows(_sql["statements"], _which(unproven=True)):
                if row["open"]:
                    continue
                found = _statement(row)
                frozen = self._session.one(_sql["freeze"], asdict(found))
                self._session.run(_sql["forget_persons"], {"sweep_id": found.sweep_id})
                proven.append(replace(found, proven_at=frozen["proven_at"]))
            self._session.run(_sql["forget"])
        return proven


def statements(session: TenantSession, *, limit: int) -> Sequence[Statement]:
    """Give what the tenant's latest sweeps can state by now, newest first."""
    return [_statement(row) for row in session.rows(_sql["statements"], _which(limit=limit))]


def statement(session: TenantSession, sweep_id: int) -> Statement | None:
    """Give what one sweep can state by now; None until it is finished."""
    found = session.rows(_sql["statements"], _which(sweep_id=sweep_id))
    return _statement(found[0]) if found else None


def _which(*, sweep_id: int | None = None, unproven: bool = False, limit: int = 100) -> dict[str, Any]:
    return {"sweep_id": sweep_id, "unproven": unproven, "limit": limit}


def _columns(found: Sequence[tuple[Change, bool]]) -> dict[str, list[Any]]:
    return {
        "person_ids": [change.person_id for change, _ in found],
        "updated_counts": [change.mark.updated_count for change, _ in found],
        "address_ids": [change.mark.address_id for change, _ in found],
        "consents_at": [change.mark.consents_at for change, _ in found],
        "counted": [counted for _, counted in found],
    }


def _sweep(row: Row) -> Sweep:
    return Sweep(
        sweep_id=row["sweep_id"],
        kind=SweepKind(row["kind"]),
        why=row["why"],
        since=row["since"],
        until=row["until"],
        not_before=max(row["since"] - LATE, row["tenant_since"]),
        froms=LastIds(*row["froms"]),
        tos=LastIds(*row["tos"]),
        stage=None if row["stage"] is None else Stage(row["stage"]),
        after=row["after"],
    )


def _statement(row: Row) -> Statement:
    values = {key: value for key, value in row.items() if key not in {"kind", "open"}}
    return Statement(kind=SweepKind(row["kind"]), **values)
