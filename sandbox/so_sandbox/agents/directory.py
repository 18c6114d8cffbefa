"""Which agents there are."""

from __future__ import annotations

from collections.abc import Mapping

from so_sandbox.agents.archive import ARCHIVE
from so_sandbox.agents.batch import BATCH
from so_sandbox.agents.bulk_update import BULK_UPDATE
from so_sandbox.agents.caller import Agent
from so_sandbox.agents.database_table import DATABASE_TABLE
from so_sandbox.agents.lists import LIST
from so_sandbox.agents.mdo import MDO
from so_sandbox.agents.person import PERSON
from so_sandbox.agents.preference import PREFERENCE
from so_sandbox.agents.user_fields import USER_DEFINED_FIELD_INFO
from so_sandbox.agents.webhook import WEBHOOK

AGENTS: Mapping[str, Agent] = {
    "Archive": ARCHIVE,
    "Batch": BATCH,
    "BulkUpdate": BULK_UPDATE,
    "DatabaseTable": DATABASE_TABLE,
    "List": LIST,
    "MDO": MDO,
    "Person": PERSON,
    "Preference": PREFERENCE,
    "UserDefinedFieldInfo": USER_DEFINED_FIELD_INFO,
    "Webhook": WEBHOOK,
}
WAITING = frozenset({"Webhook"})
"""Agents that call out to others: they hold neither the loop nor the world's lock meanwhile."""
