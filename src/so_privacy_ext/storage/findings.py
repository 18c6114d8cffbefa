"""What is wrong with a tenant as a whole and waits for a human, for as long as it is so."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("findings")


@dataclass(frozen=True, slots=True)
class TenantFinding:
    """One thing that is wrong, such as a webhook that a human has stopped."""

    what: str
    subject: str
    detail: Mapping[str, Any]
    since: datetime


def show(session: TenantSession, what: str, subject: str, detail: Mapping[str, Any]) -> bool:
    """Show something until it is settled; True if it is new, or new in its detail."""
    values = {"what": what, "subject": subject, "detail": json.dumps(dict(detail))}
    return session.row(_sql["show"], values) is not None


def settle(
    session: TenantSession, among: Collection[str], subject: str, *, but: Collection[str] = ()
) -> bool:
    """Show these kinds of findings about a subject no more, but for some; True if there were any."""
    values = {"among": list(among), "subject": subject, "but": list(but)}
    return session.run(_sql["settle"], values) > 0


def listed(session: TenantSession) -> Sequence[TenantFinding]:
    """Give a tenant's findings, oldest first."""
    return [TenantFinding(**row) for row in session.rows(_sql["list"])]
