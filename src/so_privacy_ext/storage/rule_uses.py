"""How often each rule has decided, and when last; counted by the database as decisions come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.model import PersonId
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("rule_uses")


@dataclass(frozen=True, slots=True)
class RuleUse:
    """What a rule has decided, by whichever version of the manifest."""

    rule_id: str
    decisions: int
    """Rulings in which it decided at least one purpose."""
    of_version: int
    """Of these, those by the version that was asked about."""
    last_at: datetime
    last_person_id: PersonId


def of_rules(session: TenantSession, digest: str) -> Mapping[str, RuleUse]:
    """Give the uses of all rules that ever decided, by rule id."""
    found = (RuleUse(**row) for row in session.rows(_sql["of_rules"], {"digest": digest}))
    return {one.rule_id: one for one in found}
