"""What the product has stored, read past the wall between tenants by the database's owner."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.chaos.product import Database

Rows = list[dict[str, Any]]


@dataclass(slots=True)
class TenantLedger:
    """One tenant's rows."""

    tell_from: datetime | None
    inbox: Rows = field(default_factory=list)
    quarantine: Rows = field(default_factory=list)
    effects: Rows = field(default_factory=list)
    mails: Rows = field(default_factory=list)
    reviews: Rows = field(default_factory=list)

    def asked(self, person_id: int, purpose: str) -> bool:
        """Tell whether a human is asked about a person's consent."""
        return any(
            one["person_id"] == person_id
            and one["kind"] in {"overwritten", "failed", "flapping", "merged"}
            and one["subject"] in {purpose, ""}
            for one in self.reviews
        )


_TABLES = {
    "inbox": "event_id, body_sha256, name, primary_key, state, reason, decision_id",
    "quarantine": "event_id, body_sha256, reason",
    "effect": "decision_id, person_id, purpose, basis, source, comment, result",
    "mail": "mail_id, person_id, mail, state, claimed_at",
    "review": "person_id, kind, subject, settled_as",
}
_FIELDS = {"effect": "effects", "mail": "mails", "review": "reviews"}


def read(database: Database) -> dict[str, TenantLedger]:
    """Give each tenant's rows by its name."""
    tenants = database.rows("SELECT tenant_id, context_identifier, tell_from FROM tenant")
    found = {row["tenant_id"]: TenantLedger(row["tell_from"]) for row in tenants}
    for table, columns in _TABLES.items():
        by_tenant: defaultdict[int, Rows] = defaultdict(list)
        for row in database.rows(f"SELECT tenant_id, {columns} FROM {table}"):
            by_tenant[row["tenant_id"]].append(row)
        for tenant_id, rows in by_tenant.items():
            setattr(found[tenant_id], _FIELDS.get(table, table), rows)
    return {row["context_identifier"]: found[row["tenant_id"]] for row in tenants}
