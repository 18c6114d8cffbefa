"""All that we hold of one person, for whom she asks (GDPR art. 15); what it is for is in docs/data.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from so_privacy_ext.model import PersonId
from so_privacy_ext.storage.purging import naming
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

PARTS = (
    "events", "quarantine", "decisions", "consents_written", "mails", "duties", "ends", "reviews", "known_as",
    "runs", "taken_back", "last_of_a_rule", "swept", "plugins_told", "erasures_owed", "journal",
)  # fmt: skip
_SEALED = "sealed"
_sql = Statements("of_person")


def held_of(session: TenantSession, person_id: PersonId) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Give every row that bears her number, by part."""
    values = {"person_id": person_id, "naming": naming(person_id)}
    with session.transaction():
        return {part: [_readable(row) for row in session.rows(_sql[part], values)] for part in PARTS}


def _readable(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a row with what came as bytes as text; a comment that is sealed is said to be there."""
    shown = {
        key: bytes(value).decode(errors="replace") if key == "body" and value else value
        for key, value in row.items()
    }
    if "before" in shown:
        shown["before"] = {purpose: _unsealed(stood) for purpose, stood in row["before"].items()}
    return shown


def _unsealed(stood: Any) -> Any:
    sealed = isinstance(stood, dict) and _SEALED in stood
    return {**stood, _SEALED: True} if sealed else stood
