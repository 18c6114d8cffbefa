"""When what stands of a tenant's persons comes to its end, and what has come to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from so_privacy_ext.model import ConsentEnd, Epoch, PersonId
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("ends")


class EndBook:
    """One tenant's ends under its turn."""

    def __init__(self, session: TenantSession, epoch: Epoch) -> None:
        self._session = session
        self._epoch = epoch

    def note(self, ends: Iterable[ConsentEnd]) -> None:
        """Keep when something ends; what has ended stays so unless it was given anew."""
        for one in ends:
            self._session.run(_sql["note"], {"epoch": self._epoch, **asdict(one)})

    def due(self, at: datetime, limit: int) -> Sequence[ConsentEnd]:
        """Give what has come to its end by then, or to the time to ask whether it is to be renewed."""
        found = self._session.rows(_sql["due"], {"epoch": self._epoch, "at": at, "limit": limit})
        return [ConsentEnd(**row) for row in found]

    def next_at(self) -> datetime | None:
        """Tell when the next will be due; None if nothing ever is."""
        at: datetime | None = self._session.one(_sql["next"], {"epoch": self._epoch})["at"]
        return at

    def ended(self, one: ConsentEnd, at: datetime, how: str) -> None:
        """Note that something is over: `expired`, or `moot` since something else stands by now."""
        self._session.run(_sql["ended"], self._key(one) | {"at": at, "how": how})

    def asked(self, one: ConsentEnd, at: datetime, how: str) -> None:
        """Note what came of asking to renew, which is done once."""
        self._session.run(_sql["asked"], self._key(one) | {"at": at, "how": how})

    def of(self, person_id: PersonId) -> Sequence[ConsentEnd]:
        """Give what ends, or has ended, of a person."""
        found = self._session.rows(_sql["of"], {"epoch": self._epoch, "person_id": person_id})
        return [ConsentEnd(**row) for row in found]

    def is_over(self, person_id: PersonId, purpose: str, basis: str, at: datetime) -> bool:
        """Tell whether this basis has come to its end for the purpose by then, noted or not."""
        values = {"epoch": self._epoch, "person_id": person_id, "purpose": purpose, "basis": basis}
        return self._session.row(_sql["over"], values | {"at": at}) is not None

    def forget(self, person_id: PersonId) -> None:
        """Forget what would end of a person who is gone."""
        self._session.run(_sql["forget"], {"epoch": self._epoch, "person_id": person_id})

    def _key(self, one: ConsentEnd) -> dict[str, object]:
        return {"epoch": self._epoch, "person_id": one.person_id, "purpose": one.purpose}
