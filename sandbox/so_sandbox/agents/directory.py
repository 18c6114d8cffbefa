"""Which agents there are."""

from __future__ import annotations

from collections.abc import Mapping

from so_sandbox.agents.archive import ARCHIVE
from so_sandbox.agents.caller import Agent
from so_sandbox.agents.lists import LIST
from so_sandbox.agents.mdo import MDO
from so_sandbox.agents.person import PERSON
from so_sandbox.agents.preference import PREFERENCE
from so_sandbox.agents.webhook import WEBHOOK

AGENTS: Mapping[str, Agent] = {
    "Archive": ARCHIVE,
    "List": LIST,
    "MDO": MDO,
    "Person": PERSON,
    "Preference": PREFERENCE,
    "Webhook": WEBHOOK,
}
WAITING = frozenset({"Webhook"})
"""Agents that call out to others: they hold neither the loop nor the world's lock meanwhile."""
