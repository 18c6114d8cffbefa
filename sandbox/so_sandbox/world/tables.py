"""All that one tenant keeps, in one piece that can be copied for a snapshot."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from so_sandbox.world.applications import Authorization
from so_sandbox.world.lists import Lists
from so_sandbox.world.rows import (
    Activity,
    Associate,
    Company,
    Consent,
    Email,
    Insertion,
    Job,
    Mail,
    Move,
    Person,
    Webhook,
)

FIRST_IDS = {
    "person": 10_000,
    "email": 70_000,
    "consentperson": 30_000,
    "appointment": 50_000,
    "document": 60_000,
}


@dataclass(slots=True)
class Tables:
    """The rows of one tenant, by id or by the id they are asked for."""

    lists: Lists = field(default_factory=Lists)
    preferences: dict[tuple[str, str], str] = field(default_factory=dict)
    persons: dict[int, Person] = field(default_factory=dict)
    emails: dict[int, list[Email]] = field(default_factory=dict)
    """By person, primary first."""
    consents: dict[int, dict[int, Consent]] = field(default_factory=dict)
    """By person, then by purpose id."""
    companies: dict[int, Company] = field(default_factory=dict)
    associates: dict[int, Associate] = field(default_factory=dict)
    activities: dict[int, list[Activity]] = field(default_factory=dict)
    """By person, oldest first."""
    outbox: list[Mail] = field(default_factory=list)
    bouncing: set[str] = field(default_factory=set)
    """Addresses, case-folded, at which each mail bounces."""
    insertions: dict[int, Insertion] = field(default_factory=dict)
    """By person."""
    mass_insertions: dict[int, Insertion] = field(default_factory=dict)
    """By consent row, of those that a mass operation has inserted."""
    jobs: dict[int, Job] = field(default_factory=dict)
    moves: dict[int, Move] = field(default_factory=dict)
    """By source person."""
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    authorizations: dict[str, Authorization] = field(default_factory=dict)
    """By client id."""
    late_rows: list[tuple[datetime, int, int]] = field(default_factory=list)
    """When a default consent row is due, its person, its source id."""
    last_ids: Counter[str] = field(default_factory=lambda: Counter(FIRST_IDS))
    state: str = "Running"
    states_to_come: list[str] = field(default_factory=list)
    """What the state API says next, one answer each; the last one stays."""
    denied: str = ""
    """Why every call is refused: empty, or `licence`, `rights` (both as Succeeded=false) or `http_403`."""
    host: str = ""
    """The host (with port) that alone may be asked for this tenant; empty = any."""
    version: str = "Release_12.1_2026.01.01-01"

    def next_id(self, table: str) -> int:
        self.last_ids[table] += 1
        return self.last_ids[table]
