"""Runs under a tenant's turn: how far each is, with whom, and what stood before it wrote."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from so_privacy_ext.model import TAG_PREFIX, Consent, Epoch, PersonId
from so_privacy_ext.runs import Before, Ended, PersonState, Run, RunKind, RunPerson, RunState, Tally, Waves
from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_NONCE = 12
_PURPOSE_OF_KEY = b"so-privacy comments before a run"

_sql = Statements("runs")


class RunBook:
    """Implements `runs.Runs`; a comment that others wrote is sealed with a key made of the tenant's."""

    def __init__(self, session: TenantSession, epoch: Epoch, key: bytes) -> None:
        self._session = session
        self._epoch = epoch
        self._cipher = AESGCM(hmac.digest(key, _PURPOSE_OF_KEY, "sha256"))

    def current(self) -> Run | None:
        """Give the run that is under way."""
        row = self._session.row(_sql["current"])
        return None if row is None else run_of(row)

    def stands(self, run_id: int) -> bool:
        """Tell whether a run is under way still: anybody may have stopped it."""
        return self._session.row(_sql["stands"], {"run_id": run_id}) is not None

    def stop(self, run_id: int, reason: str) -> bool:
        """Stop a run that is under way; False if it was not."""
        with self._session.transaction():
            self._session.run(_sql["echoes"])
            return self._session.run(_sql["stop"], {"run_id": run_id, "reason": reason}) > 0

    def wait(self, run_id: int, reason: str, seconds: float) -> None:
        """Have a run wait."""
        self._session.run(_sql["wait"], {"run_id": run_id, "reason": reason, "seconds": seconds})

    def go_on(self, run_id: int) -> None:
        """Have a run that has waited go on."""
        self._session.run(_sql["go_on"], {"run_id": run_id})

    def finish(self, run_id: int) -> None:
        """Note that a run is through with all its persons, and an undone one with it."""
        with self._session.transaction():
            self._session.run(_sql["finish"], {"run_id": run_id})
            self._session.run(_sql["finish_undone"], {"run_id": run_id})
            self._session.run(_sql["echoes"])

    def worked(self, run_id: int, seconds: float) -> None:
        """Add up for how long was worked, from which the rest is guessed."""
        self._session.run(_sql["worked"], {"run_id": run_id, "seconds": seconds})

    def tally(self, run_id: int) -> Tally:
        """Count a run's persons."""
        return tally(self._session, run_id)

    def failed_share(self, run: Run) -> float:
        """Give the share of the run's wave that the CRM has refused."""
        row = self._session.one(_sql["wave_tally"], {"run_id": run.run_id, "wave": run.wave})
        return row["failed"] / row["persons"] if row["persons"] else 0.0

    def to_check(self, run: Run, limit: int) -> Sequence[RunPerson]:
        """Give the next persons who have not been compared with the plan."""
        values = {"run_id": run.run_id, "after": run.checked_to, "limit": limit}
        return [self._person(row) for row in self._session.rows(_sql["to_check"], values)]

    def checked(self, run_id: int, up_to: PersonId | None) -> None:
        """Note up to whom all have been compared; None when there are no more, and waves can be formed."""
        with self._session.transaction():
            if up_to is not None:
                self._session.run(_sql["checked"], {"run_id": run_id, "up_to": up_to})
                return
            self._session.run(_sql["all_checked"], {"run_id": run_id})
            waves = run_of(self._session.one(_sql["show"], {"run_id": run_id})).waves
            values = {"run_id": run_id, "pilot": waves.pilot, "size": waves.size}
            self._session.run(_sql["form_waves"], values)

    def next_wave(self, run_id: int) -> bool:
        """Begin the next wave; False if there is none."""
        return self._session.run(_sql["next_wave"], {"run_id": run_id}) > 0

    def next_persons(self, run: Run, limit: int) -> Sequence[RunPerson]:
        """Give the next open persons of the wave whose time has come."""
        values = {"run_id": run.run_id, "wave": run.wave, "limit": limit}
        return [self._person(row) for row in self._session.rows(_sql["next_persons"], values)]

    def seconds_to_next(self, run: Run) -> float | None:
        """Tell when the next open person of the wave may be tried again; None if the wave is through."""
        row = self._session.row(_sql["seconds_to_next"], {"run_id": run.run_id, "wave": run.wave})
        return None if row is None else float(row["seconds"])

    def begun(self, run_id: int, person_id: PersonId, decision_id: int) -> None:
        """Bind a kept decision to a person."""
        values = {"run_id": run_id, "person_id": person_id, "decision_id": decision_id}
        self._session.later("run_person", _sql["begun"], values)

    def keep_before(self, run_id: int, person_id: PersonId, before: Mapping[str, Consent | None]) -> None:
        """Keep, by purpose, what stands now where is about to be written."""
        kept = {purpose: row and self._kept(row) for purpose, row in before.items()}
        values = {"run_id": run_id, "person_id": person_id, "before": json.dumps(kept)}
        self._session.later("run_person", _sql["keep_before"], values)

    def put_off(self, run_id: int, person_id: PersonId, reason: str, seconds: float) -> None:
        """Try a person again after so many seconds, and count one attempt."""
        values = {"run_id": run_id, "person_id": person_id, "reason": reason, "seconds": seconds}
        self._session.run(_sql["put_off"], values)

    def ended(self, run_id: int, person_id: PersonId, ended: Ended) -> None:
        """Note how the work for one person ended."""
        values = asdict(ended) | {"run_id": run_id, "person_id": person_id, "state": str(ended.state)}
        self._session.later("run_person", _sql["ended"], values)

    def take_back(self, run: Run, row: Consent, manifest: str) -> None:
        """Note that a row is taken back, so that this manifest doesn't give the same again by itself."""
        values = {
            "epoch": self._epoch,
            "person_id": row.person_id,
            "purpose": row.purpose,
            "manifest": manifest,
            "basis": row.basis,
            "source": row.source,
            "run_id": run.run_id,
        }
        self._session.run(_sql["take_back"], values)

    def give_again(self, person_id: PersonId, purposes: Sequence[str]) -> None:
        """Forget what was taken back: a plan gives it anew."""
        values = {"epoch": self._epoch, "person_id": person_id, "purposes": list(purposes)}
        self._session.later("taken_back", _sql["give_again"], values)

    def mailed_within(self, run_id: int, seconds: float) -> tuple[int, float]:
        """Count the run's mails of the last so many seconds; and in how many the oldest of them is older."""
        row = self._session.one(_sql["mailed_within"], {"run_id": run_id, "seconds": seconds})
        return row["mails"], row["seconds"] or 0.0

    def mailed(self, run_id: int, after: PersonId, limit: int) -> Sequence[RunPerson]:
        """Give persons whom the run has told and of whose answer nothing is known, by id."""
        values = {"run_id": run_id, "after": after, "limit": limit}
        return [self._person(row) for row in self._session.rows(_sql["mailed"], values)]

    def answered(self, run_id: int, person_id: PersonId, answer: str) -> None:
        """Note that a mail came back, or was answered by a no."""
        values = {"run_id": run_id, "person_id": person_id, "answer": answer}
        self._session.run(_sql["answered"], values)

    def to_look_at(self) -> Run | None:
        """Give a run that is through, and whose last mails are to be looked at now."""
        row = self._session.row(_sql["to_look_at"])
        return None if row is None else run_of(row)

    def next_look(self) -> float | None:
        """Tell in how many seconds a run's last mails are to be looked at; None if those of none are."""
        row = self._session.row(_sql["next_look"])
        return None if row is None else float(row["seconds"])

    def looked_at(self, run_id: int) -> None:
        """Note that the last mails of a run were looked at."""
        self._session.run(_sql["looked_at"], {"run_id": run_id})

    def _kept(self, row: Consent) -> dict[str, Any]:
        kept: dict[str, Any] = {
            "basis": row.basis,
            "source": row.source,
            "updated_count": row.updated_count,
        }
        if not row.comment or row.comment.startswith(TAG_PREFIX):
            return kept | {"comment": row.comment}
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, row.comment.encode(), None)
        return kept | {"sealed": base64.b64encode(sealed).decode()}

    def _before(self, kept: Mapping[str, Any] | None) -> Before | None:
        if kept is None:
            return None
        comment = kept.get("comment")
        if "sealed" in kept:
            sealed = base64.b64decode(kept["sealed"])
            comment = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], None).decode()
        return Before(kept["basis"], kept["source"], comment, kept["updated_count"])

    def _person(self, row: Row) -> RunPerson:
        before = {purpose: self._before(kept) for purpose, kept in row["before"].items()}
        return RunPerson(
            person_id=PersonId(row["person_id"]),
            state=PersonState(row["state"]),
            reason=row["reason"],
            planned=row["planned"],
            mails=row["mails"],
            wave=row["wave"],
            attempts=row["attempts"],
            decision_id=row["decision_id"],
            mail=row["mail"],
            answer=row["answer"],
            before=before,
        )


def run_of(row: Row) -> Run:
    """Give a stored run."""
    return Run(
        run_id=row["run_id"],
        epoch=Epoch(row["epoch"]),
        kind=RunKind(row["kind"]),
        undoes=row["undoes"],
        plan=row["plan"],
        manifest=row["manifest"],
        lists=row["lists"],
        head=row["head"],
        who=row["who"],
        made_at=row["made_at"],
        state=RunState(row["state"]),
        reason=row["reason"],
        waves=Waves(**row["waves"]),
        skip_changed=row["skip_changed"],
        withdraw_new=row["withdraw_new"],
        checked_to=PersonId(row["checked_to"]),
        checked_at=row["checked_at"],
        wave=row["wave"],
        not_before=row["not_before"],
        seconds_to_wait=row["seconds_to_wait"] or 0.0,
        worked=row["worked"],
        started_by=row["started_by"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


def tally(session: TenantSession, run_id: int) -> Tally:
    """Count a run's persons."""
    rows = session.rows(_sql["tally"], {"run_id": run_id})

    def of(state: PersonState) -> dict[str, int]:
        return {row["reason"] or "": row["persons"] for row in rows if row["state"] == state}

    return Tally(
        open=sum(of(PersonState.OPEN).values()),
        done=sum(of(PersonState.DONE).values()),
        skipped=of(PersonState.SKIPPED),
        failed=of(PersonState.FAILED),
        mails_planned=sum(row["mails_planned"] for row in rows),
        mailed=sum(row["mailed"] for row in rows),
        bounced=sum(row["bounced"] for row in rows),
        refused=sum(row["refused"] for row in rows),
        waves=max((row["waves"] or 0 for row in rows), default=0),
    )
