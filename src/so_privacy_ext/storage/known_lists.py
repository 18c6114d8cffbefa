"""What a tenant's lists said when one of our processes last read them: 27 calls that not each need make."""

from __future__ import annotations

import hashlib
import json
from functools import cache

from pydantic import TypeAdapter

from so_privacy_ext.model import Epoch, TenantLists
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("known_lists")


class KnownLists:
    """Implements `ports.SharedLists` for one tenant in one epoch."""

    def __init__(self, session: TenantSession, epoch: Epoch) -> None:
        self._session = session
        self._epoch = epoch

    def last(self, within: float) -> tuple[TenantLists, float] | None:
        """Give the last reading that began within so many seconds, and how many ago it did."""
        values = {"epoch": self._epoch, "shape": _shape(), "within": within}
        row = self._session.row(_sql["last"], values)
        return None if row is None else (_adapter().validate_json(row["content"]), row["age"])

    def keep(self, lists: TenantLists, age: float) -> None:
        """Keep a reading that began so many seconds ago, in place of the one before."""
        content = _adapter().dump_json(lists).decode()
        values = {"epoch": self._epoch, "shape": _shape(), "content": content, "age": age}
        self._session.run(_sql["keep"], values)

    def forget(self) -> None:
        """Have everybody read anew who does not know the lists yet."""
        self._session.run(_sql["forget"])


@cache
def _adapter() -> TypeAdapter[TenantLists]:
    return TypeAdapter(TenantLists)


@cache
def _shape() -> str:
    """Name what makes up a reading; a version of ours that reads more has another name for it."""
    return hashlib.sha256(json.dumps(_adapter().json_schema(), sort_keys=True).encode()).hexdigest()
