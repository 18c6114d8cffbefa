"""Takes away what need not be kept any more, and all that is kept about a person who is gone.

What is open, given up or undecided stays, and so do the ids of events, mail claims and the journal: they are
why nothing is done twice and how everything is proven, and hold no more of a person than her number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from so_privacy_ext import metrics
from so_privacy_ext.model import Epoch, PersonId
from so_privacy_ext.storage.database import Connection
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.sessions import IDLE, WHOLE
from so_privacy_ext.storage.statements import Statements

_BATCH = 1000
"""Rows that one transaction takes; a purge must hold up nobody."""

_OF_A_PERSON = (
    "erase_events",
    "erase_facts",
    "erase_quarantine",
    "erase_runs",
    "erase_taken_back",
    "erase_errands",
)

_sql = Statements("purging")


@dataclass(frozen=True, slots=True)
class Periods:
    """For how long is kept what events brought, what made no sense, and on which facts was decided.

    A comment that a run wrote over stays as long as what events brought, a plan of a person as long as facts.
    """

    events: timedelta
    """From when an event was done."""
    quarantine: timedelta
    """From when it came."""
    facts: timedelta
    """From when a decision was carried out."""


def purge(session: TenantSession, periods: Periods) -> Mapping[str, int]:
    """Take away what is older than its period; tell how many rows of each kind."""
    taken = {
        "events": _in_batches(session, "events", periods.events),
        "quarantine": _in_batches(session, "quarantine", periods.quarantine),
        "facts": _in_batches(session, "facts", periods.facts),
        "comments": _in_batches(session, "comments", periods.events),
        "planned": _in_batches(session, "planned", periods.facts),
        "errands": _in_batches(session, "errands", periods.events),
        "sessions": session.run(_sql["sessions"], {"idle": IDLE, "whole": WHOLE}),
    }
    return _counted(taken)


def forget_tenants(connection: Connection) -> int:
    """Take away all that is left of removed tenants whose evidence has had its time; tell how many."""
    with mapped():
        row = connection.execute(_sql["tenants"]).fetchone()
    return _counted({"tenants": 0 if row is None else row["forgotten"]})["tenants"]


def erase(session: TenantSession, epoch: Epoch, person_id: PersonId) -> None:
    """Forget what a person's events brought, the facts about her, and what runs and quarantine hold."""
    values = {"epoch": epoch, "person_id": person_id, "naming": naming(person_id)}
    with session.transaction():
        for statement in _OF_A_PERSON:
            session.run(_sql[statement], values)


def naming(person_id: PersonId) -> str:
    """Give a pattern of bodies that name a person where the CRM would, whatever else is wrong with them."""
    return rf"\"(PrimaryKey|person_id)\"\s*:\s*\"?{int(person_id)}(\D|$)"


def _counted(taken: Mapping[str, int]) -> Mapping[str, int]:
    for kind, rows in taken.items():
        metrics.purged(kind, rows)
    return taken


def _in_batches(session: TenantSession, kind: str, period: timedelta) -> int:
    taken = 0
    while rows := session.run(_sql[kind], {"period": period, "limit": _BATCH}):
        taken += rows
    return taken
