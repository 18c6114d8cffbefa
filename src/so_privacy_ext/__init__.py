"""Purpose, legal basis and source of every person in a SuperOffice CRM, decided by rules and proven.

All that a partner builds on is here: `from so_privacy_ext import Extension, Condition, Facts`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from so_privacy_ext.extension import Erased, Extension, Finding, FromSetting, Holds, NotSent, Proposal
    from so_privacy_ext.ports import Clock, Letter
    from so_privacy_ext.reactions import Again, Crm, DecidedPurpose, Decision, Event
    from so_privacy_ext.sdk import UNKNOWN, Condition, Facts, OneOrMany, Seen, Truth, Unknown

_WHERE = {
    "Clock": "ports",
    "Letter": "ports",
    "Erased": "extension",
    "Extension": "extension",
    "Finding": "extension",
    "FromSetting": "extension",
    "Holds": "extension",
    "NotSent": "extension",
    "Proposal": "extension",
    "Again": "reactions",
    "Crm": "reactions",
    "DecidedPurpose": "reactions",
    "Event": "reactions",
    "Decision": "reactions",
    "Condition": "sdk",
    "Facts": "sdk",
    "OneOrMany": "sdk",
    "Seen": "sdk",
    "Truth": "sdk",
    "UNKNOWN": "sdk",
    "Unknown": "sdk",
}

__all__ = [
    "UNKNOWN",
    "Again",
    "Clock",
    "Condition",
    "Crm",
    "DecidedPurpose",
    "Decision",
    "Erased",
    "Event",
    "Extension",
    "Facts",
    "Finding",
    "FromSetting",
    "Holds",
    "Letter",
    "NotSent",
    "OneOrMany",
    "Proposal",
    "Seen",
    "Truth",
    "Unknown",
]


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for, so that a command that needs none of them starts at once."""
    if name in _WHERE:
        return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    raise AttributeError(f"module `{__name__}` has no `{name}`")
