"""The journal: appended under the turn, each entry linked to the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from so_privacy_ext.model import Epoch, PersonId
from so_privacy_ext.proof.chain import GENESIS, Link, canonical, link
from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("journal")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal."""

    seq: int
    epoch: Epoch
    at: datetime
    kind: str
    person_id: PersonId | None
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """A tenant's whole journal with the head that is kept apart from it."""

    links: Sequence[Link]
    head: bytes


class JournalBook:
    """One tenant's journal under its turn."""

    def __init__(self, session: TenantSession, epoch: Epoch) -> None:
        self._session = session
        self._epoch = epoch
        self._head: tuple[int | None, Row] = (None, {})
        """A block of `together`, whose transaction holds the head's lock, and what the next entry follows."""

    def append(self, kind: str, person_id: PersonId | None, content: Mapping[str, Any]) -> None:
        """Append what was seen, decided or done; content holds ids, keys and times only."""
        with self._session.transaction():
            head = self._standing()
            row = {
                "seq": head["seq"] + 1,
                "epoch": self._epoch,
                "at": head["at"],
                "kind": kind,
                "person_id": person_id,
                "content": canonical(content).decode(),
                "previous": head["hash"],
            }
            row["hash"] = link(head["hash"], _linked({**row, "content": content}))
            self._session.later("journal", _sql["append"], row)
            self._head = self._session.block, row

    def _standing(self) -> Row:
        block, head = self._head
        if block is not None and block == self._session.block:
            return head
        return self._session.one(_sql["head"], {"genesis": GENESIS})


def of_person(session: TenantSession, person_id: PersonId) -> Sequence[Entry]:
    """Give all that the journal holds of a person, oldest first."""
    found = session.rows(_sql["of_person"], {"person_id": person_id})
    return [Entry(**row) for row in found]


def latest(session: TenantSession, limit: int) -> Sequence[Entry]:
    """Give a tenant's newest entries, oldest first."""
    return [Entry(**row) for row in reversed(session.rows(_sql["latest"], {"limit": limit}))]


def chain(session: TenantSession) -> Chain:
    """Give a tenant's whole journal for verification, as one moment saw it."""
    found = session.rows(_sql["whole"])
    links = [Link(row["seq"], _linked(row), row["hash"]) for row in found if row["seq"] is not None]
    return Chain(links, next((row["head"] for row in found if row["head"] is not None), GENESIS))


def _linked(row: Row) -> dict[str, Any]:
    """Name what a link covers: all of the entry."""
    return {
        "seq": row["seq"],
        "epoch": row["epoch"],
        "at": row["at"].isoformat(timespec="microseconds"),
        "kind": row["kind"],
        "person_id": row["person_id"],
        "content": row["content"],
    }
