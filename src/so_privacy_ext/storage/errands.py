"""One tenant's errands, as its turn works them and as a human looks at them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.errands import ERRANDS, Errand, NewErrand
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("errands")


@dataclass(frozen=True, slots=True)
class ListedErrand:
    """An errand; `state` is open, done or dead, `reason` why it ended or was last put off."""

    errand_id: int
    consumer: str
    kind: str
    entity: str
    key: str
    made_at: datetime
    due_at: datetime
    attempts: int
    state: str
    reason: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """How many errands of a consumer were given up and not redriven, the last of them when."""

    consumer: str
    errands: int
    at: datetime


class ErrandBook:
    """Implements `errands.Errands`."""

    def __init__(self, session: TenantSession) -> None:
        self._session = session

    def make(self, errands: Sequence[NewErrand]) -> None:
        """Keep errands, each consumer's key once, in the transaction that is open, and have them worked."""
        if errands:
            values = {
                "consumers": [one.consumer for one in errands],
                "kinds": [one.kind for one in errands],
                "entities": [one.entity for one in errands],
                "keys": [one.key for one in errands],
                "contents": [json.dumps(dict(one.content)) for one in errands],
                "due": ERRANDS,
            }
            self._session.later("errand", _sql["make"], values)

    def claim(self, consumers: Sequence[str], limit: int) -> Sequence[Errand]:
        """Give the oldest of these consumers' errands that are due and wait for no earlier one."""
        values = {"consumers": list(consumers), "limit": limit}
        return [Errand(**row) for row in self._session.rows(_sql["claim"], values)]

    def done(self, errand_id: int) -> None:
        """Close an errand."""
        self._session.run(_sql["close"], {"errand_id": errand_id, "state": "done", "reason": "done"})

    def put_off(self, errand_id: int, seconds: float, reason: str) -> None:
        """Leave one for later and count a try."""
        values = {"errand_id": errand_id, "seconds": seconds, "reason": reason}
        self._session.run(_sql["put_off"], values)

    def dead(self, errand_id: int, reason: str) -> None:
        """Give one up until a human redrives it; those that waited for it go on."""
        self._session.run(_sql["close"], {"errand_id": errand_id, "state": "dead", "reason": reason})

    def hold(self, consumer: str, seconds: float, reason: str) -> None:
        """Leave all of a consumer's for later, and count nothing."""
        self._session.run(_sql["hold"], {"consumer": consumer, "seconds": seconds, "reason": reason})

    def drop(self, consumer: str, reason: str) -> None:
        """Close all that is open of a consumer that is there no more."""
        self._session.run(_sql["drop"], {"consumer": consumer, "reason": reason})

    def next_in(self, consumers: Sequence[str]) -> float | None:
        """Tell in how many seconds the next of these consumers' errands is due; None if there is none."""
        seconds = self._session.one(_sql["next_in"], {"consumers": list(consumers)})["seconds"]
        return None if seconds is None else max(0.0, seconds)


def listed(
    session: TenantSession, *, state: str | None = None, consumer: str | None = None, limit: int = 100
) -> Sequence[ListedErrand]:
    """List errands, newest first."""
    values = {"state": state, "consumer": consumer, "limit": limit}
    return [ListedErrand(**row) for row in session.rows(_sql["list"], values)]


def redrive(session: TenantSession, errand_ids: Sequence[int]) -> Sequence[int]:
    """Open closed errands again, under the turn; give the ids of all that were opened."""
    rows = session.rows(_sql["redrive"], {"errand_ids": list(errand_ids), "due": ERRANDS})
    return [row["errand_id"] for row in rows]


def given_up(session: TenantSession) -> Sequence[GivenUp]:
    """Tell what was given up and not redriven, by consumer."""
    return [GivenUp(**row) for row in session.rows(_sql["given_up"])]
