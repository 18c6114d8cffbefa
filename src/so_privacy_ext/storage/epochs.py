"""Epochs: what is known of numbers, and what becomes of it when the CRM gives them out anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.model import Epoch, PersonId
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("epochs")
_WITH_THE_NUMBERS = ("unbind", "wipe_sweep_person", "wipe_sweep", "stop_runs")
_UNDER_WAY = ("mails", "duties", "reviews", "decisions")


@dataclass(frozen=True, slots=True)
class Written:
    """A consent that we wrote and read back."""

    person_id: PersonId
    purpose: str
    updated_count_before: int | None
    intended_at: datetime


class EpochBook:
    """One tenant's epochs under its turn; implements `lifecycle.restoring.Past`."""

    def __init__(self, session: TenantSession, epoch: Epoch) -> None:
        self._session = session
        self._epoch = epoch

    def latest(self, limit: int) -> Mapping[PersonId, datetime]:
        """Give the highest numbers that we know in this epoch, with when each person was registered."""
        rows = self._session.rows(_sql["latest_known"], self._values(limit=limit))
        return {PersonId(row["person_id"]): row["registered"] for row in rows}

    def written(self, person_ids: Sequence[PersonId]) -> Sequence[Written]:
        """Give the last of what we wrote for persons, by purpose."""
        rows = self._session.rows(_sql["written"], self._values(person_ids=list(person_ids)))
        return [Written(**row) for row in rows]

    def begin(self) -> None:
        """Begin a new epoch, in which nothing is done until all known persons have been looked at.

        What was under way ends: decisions are made anew, duties opened anew. A mail that was never asked for
        is free again; one of which nobody knows is left to a human, since the CRM can't tell any more.
        """
        with self._session.transaction():
            for name in (
                "leave_mails",
                *(f"settle_{one}" for one in _UNDER_WAY),
                *_WITH_THE_NUMBERS,
                "begin",
            ):
                self._session.run(_sql[name], self._values())

    def to_reconcile(self, limit: int) -> Sequence[PersonId]:
        """Give the next numbers of earlier epochs that have not been looked at."""
        rows = self._session.rows(_sql["to_reconcile"], self._values(limit=limit))
        return [PersonId(row["person_id"]) for row in rows]

    def same(self, registered: Mapping[PersonId, datetime]) -> Sequence[PersonId]:
        """Know again who was registered when somebody of that number was before, and give them."""
        values = self._values(person_ids=list(registered), registered=list(registered.values()))
        return [PersonId(row["person_id"]) for row in self._session.rows(_sql["same"], values)]

    def noes(self, person_ids: Sequence[PersonId]) -> Sequence[tuple[PersonId, str]]:
        """Give what persons who were known again had withdrawn, by purpose."""
        rows = self._session.rows(_sql["noes"], self._values(person_ids=list(person_ids)))
        return [(PersonId(row["person_id"]), row["purpose"]) for row in rows]

    def reconciled(self, up_to: PersonId | None) -> None:
        """Note up to which number all have been looked at; None when there are no more."""
        with self._session.transaction():
            self._session.run(_sql["reconciled"], self._values(to=up_to))
            if up_to is None:
                self._session.run(_sql["settle_forgotten"], self._values())

    def _values(self, **more: object) -> dict[str, object]:
        return {"epoch": self._epoch, **more}
