"""Environments in which our app is not let in, for a reason that is no tenant's: all their tenants wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.storage.database import Connection
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("pauses")


@dataclass(frozen=True, slots=True)
class EnvironmentPause:
    """One environment that waits, why and since when, and when it is probed next."""

    environment: str
    reason: str
    detail: str
    since: datetime
    probe_at: datetime


class PauseBook:
    """One environment's pause, as a tenant of it sees it under its turn."""

    def __init__(self, session: TenantSession, environment: str) -> None:
        self._session = session
        self._environment = environment

    def stands(self) -> bool:
        """Tell whether the environment is paused."""
        return self._session.row(_sql["paused"], self._values()) is not None

    def claim_probe(self, seconds: float) -> bool:
        """Become the one who probes now; another may after so many seconds, should we never come back."""
        return self._session.run(_sql["claim_probe"], self._values(seconds=seconds)) > 0

    def pause(self, reason: str, detail: str, seconds: float) -> bool:
        """Pause the environment; False when another tenant has just proven that it is this tenant's alone."""
        values = self._values(reason=reason, detail=detail, seconds=seconds)
        return self._session.row(_sql["pause"], values) is not None

    def end(self) -> None:
        """Let all tenants go on."""
        with self._session.transaction():
            self._session.run(_sql["end"], self._values())
            self._session.rows(_sql["wake"])

    def _values(self, **more: object) -> dict[str, object]:
        return {"environment": self._environment, **more}


def standing(connection: Connection) -> Sequence[EnvironmentPause]:
    """List the environments that are paused."""
    with mapped():
        return [EnvironmentPause(**row) for row in connection.execute(_sql["standing"]).fetchall()]
