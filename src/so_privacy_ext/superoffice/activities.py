"""Finds who was dealt with lately, as the activities in the CRM's archive say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from so_privacy_ext.model import PersonId
from so_privacy_ext.superoffice.archive import (
    BATCH,
    PAGE,
    Column,
    after_time,
    highest,
    integer,
    moment,
    read_matching,
)
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.mail import DOCUMENTS

_ACTIVITY = (
    Column("appointment_id", integer),
    Column("person_id", integer),
    Column("task_idx", integer, required=False),
    Column("type", integer),
    Column("registered", moment, required=False),
)


def active_since(
    client: SoapClient, ids: Sequence[PersonId], since: datetime, notices: Collection[int]
) -> set[PersonId]:
    """Tell who of these persons has an activity that was registered since then.

    A mail by one of the templates `notices` is none. An activity that doesn't say when counts.
    """
    found: set[PersonId] = set()
    for start in range(0, len(ids), BATCH):
        found |= _batch(client, list(ids[start : start + BATCH]), since, notices)
    return found


def _batch(
    client: SoapClient, asked: list[PersonId], since: datetime, notices: Collection[int]
) -> set[PersonId]:
    found: set[PersonId] = set()
    later = after_time("appointment.registered", since)
    after = 0
    while asked:
        also = f"appointment.appointment_id > {after} and {later}"
        rows = read_matching(client, "appointment", _ACTIVITY, "person_id", asked, also=also)
        found |= {
            PersonId(row["person_id"])
            for row in rows
            if (row["registered"] is None or row["registered"] >= since)
            and not (row["type"] in DOCUMENTS and row["task_idx"] in notices)
        }
        if len(rows) < PAGE:
            break
        after = highest(rows, "appointment_id", after)
        asked = [one for one in asked if one not in found]
    return found
