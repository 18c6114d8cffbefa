"""What was decided, and what was written by it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from so_privacy_ext.model import Decision, Epoch, Mark, Outcome, Person, PersonId, Ruling
from so_privacy_ext.ports import EffectIntent, KeptDecision
from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.purging import erase
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_NOTHING_SEEN = Mark()

_sql = Statements("decisions")


class DecisionBook:
    """One tenant's rulings and effects under its turn."""

    def __init__(self, session: TenantSession, epoch: Epoch) -> None:
        self._session = session
        self._epoch = epoch

    def keep(
        self,
        person_id: PersonId,
        ruling: Ruling,
        facts: Mapping[str, Any],
        inbox_ids: Sequence[int],
        seen: Mark = _NOTHING_SEEN,
        *,
        registered: datetime | None = None,
    ) -> KeptDecision:
        """Keep a ruling, open, with how far the person had come, and bind its events to it.

        With when she was registered, by which she is known again.
        """
        row = self._session.one(
            _sql["keep"],
            {
                "epoch": self._epoch,
                "person_id": person_id,
                "ruling": json.dumps(_ruling(ruling)),
                "facts": json.dumps(dict(facts)),
                "inbox_ids": list(inbox_ids),
                "registered": registered,
                **asdict(seen),
            },
        )
        return kept_decision(row)

    def keep_all(self, undecided: Sequence[tuple[Person, KeptDecision]]) -> Sequence[KeptDecision]:
        """Keep rulings on persons as they stand, which no event has asked for, in the order given."""
        given = [
            {
                "person_id": person.person_id,
                "ruling": _ruling(one.ruling),
                "facts": dict(one.facts),
                "registered": str(person.registered),
                "updated_count": person.mark.updated_count,
                "address_id": person.mark.address_id,
                "consents_at": person.mark.consents_at and str(person.mark.consents_at),
            }
            for person, one in undecided
        ]
        values = {"epoch": self._epoch, "given": json.dumps(given)}
        kept = {row["person_id"]: row for row in self._session.rows(_sql["keep_all"], values)}
        return [
            replace(one, decision_id=row["decision_id"], decided_at=row["decided_at"])
            for person, one in undecided
            for row in (kept[person.person_id],)
        ]

    def unfinished(self, decision_ids: Sequence[int]) -> Sequence[KeptDecision]:
        """Give kept rulings that were begun and not finished, oldest first."""
        found = self._session.rows(
            _sql["unfinished"], {"epoch": self._epoch, "decision_ids": list(decision_ids)}
        )
        return [kept_decision(row) for row in found]

    def reissued(self, registered: Mapping[PersonId, datetime]) -> Collection[PersonId]:
        """Give those whose number we know as somebody's who was registered at another moment."""
        if not registered:
            return frozenset()
        values = {
            "epoch": self._epoch,
            "person_ids": list(registered),
            "registered": list(registered.values()),
        }
        return {PersonId(row["person_id"]) for row in self._session.rows(_sql["reissued"], values)}

    def finish(self, decision_id: int, result: str) -> None:
        """Close a ruling."""
        self._session.later("decision", _sql["finish"], {"decision_id": decision_id, "result": result})

    def intend(self, decision_id: int, effects: Sequence[EffectIntent]) -> None:
        """Keep what is about to be written, before it is; same purpose again replaces it."""
        with self._session.transaction():
            for effect in effects:
                self._session.later(
                    "effect",
                    _sql["intend"],
                    {"decision_id": decision_id, "epoch": self._epoch, **_plain(effect)},
                )

    def intended(self, decision_id: int) -> Sequence[EffectIntent]:
        """Give what was about to be written and was not yet read back."""
        found = self._session.rows(_sql["intended"], {"decision_id": decision_id})
        return [EffectIntent(**row) for row in found]

    def written(self, decision_id: int) -> Sequence[EffectIntent]:
        """Give what was written by a decision and read back, or may have been."""
        found = self._session.rows(_sql["written"], {"decision_id": decision_id})
        return [EffectIntent(**row) for row in found]

    def taken_back(self, person_id: PersonId, purpose: str, digest: str, basis: str, source: str) -> bool:
        """Tell whether an administrator has taken back that this manifest gave this."""
        values = {
            "epoch": self._epoch,
            "person_id": person_id,
            "purpose": purpose,
            "digest": digest,
            "basis": basis,
            "source": source,
        }
        return self._session.row(_sql["taken_back"], values) is not None

    def effected(self, decision_id: int, purpose: str, result: str) -> None:
        """Note how an intent ended."""
        values = {"decision_id": decision_id, "purpose": purpose, "result": result}
        self._session.later("effect", _sql["effected"], values)

    def ended(self, decision_id: int) -> Mapping[str, str]:
        """Tell how the intents of a decision ended, by purpose; one that is still open is absent."""
        found = self._session.rows(_sql["ended"], {"decision_id": decision_id})
        return {row["purpose"]: row["result"] for row in found}

    def writes_since(self, person_id: PersonId, purpose: str, seconds: float) -> int:
        """Count what we wrote for the purpose within that many seconds."""
        row = self._session.one(
            _sql["writes_since"],
            {"epoch": self._epoch, "person_id": person_id, "purpose": purpose, "seconds": seconds},
        )
        return int(row["writes"])

    def quiet(self, person_ids: Sequence[PersonId], seconds: float) -> Collection[PersonId]:
        """Give those of whom no human was ever asked, and for whom nothing was written of late."""
        values = {"person_ids": list(person_ids), "seconds": seconds}
        return {PersonId(row["person_id"]) for row in self._session.rows(_sql["quiet"], values)}

    def withdrawn(self, person_id: PersonId) -> Sequence[str]:
        """Give the purposes that stood withdrawn when the person was last decided on."""
        values = {"epoch": self._epoch, "person_id": person_id}
        return [row["purpose"] for row in self._session.rows(_sql["withdrawn"], values)]

    def forget(self, person_id: PersonId) -> None:
        """Forget what events brought of a person who is gone, and the facts; what was decided stays."""
        erase(self._session, self._epoch, person_id)

    def first_written(self, person_id: PersonId, purpose: str, basis: str) -> datetime | None:
        """Tell when this basis was first written for the purpose, from which an expiry counts."""
        row = self._session.one(
            _sql["first_written"],
            {"epoch": self._epoch, "person_id": person_id, "purpose": purpose, "basis": basis},
        )
        first: datetime | None = row["first"]
        return first


def kept_decision(row: Row) -> KeptDecision:
    """Give a stored decision as it was kept."""
    ruling = row["ruling"]
    return KeptDecision(
        decision_id=row["decision_id"],
        person_id=PersonId(row["person_id"]),
        ruling=Ruling(
            **{
                **ruling,
                "decisions": tuple(
                    Decision(**{**one, "outcome": Outcome(one["outcome"])}) for one in ruling["decisions"]
                ),
                "withdrawn": tuple(ruling["withdrawn"]),
            }
        ),
        facts=row["facts"],
        inbox_ids=tuple(row["inbox_ids"]),
        decided_at=row["decided_at"],
    )


def _ruling(ruling: Ruling) -> dict[str, Any]:
    return _plain(ruling) | {"decisions": [_plain(one) for one in ruling.decisions]}


def _plain(one: Ruling | Decision | EffectIntent) -> dict[str, Any]:
    """Give the fields as they are: `asdict` copies what is immutable, which takes ten times as long."""
    return {name: getattr(one, name) for name in one.__slots__}
