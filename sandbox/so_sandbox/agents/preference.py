"""The Preference agent: the tenant's privacy defaults."""

from __future__ import annotations

from so_sandbox.agents.caller import Agent, Arguments, Caller
from so_sandbox.agents.carriers import Carrier

HARD_DEFAULTS = {("GDPR", "GdprUseDefaultsForNew"): "true", ("GDPR", "GdprDefaultSource"): "USER"}


def get_preferences(caller: Caller, given: Arguments) -> list[Carrier]:
    """Answer the preferences that are asked for and known, database values before hard defaults."""
    found: list[Carrier] = []
    for spec in (given["Specifications"] or {}).get("PreferenceSpec") or ():
        name = (spec.get("Section") or "", spec.get("Key") or "")
        kept = caller.tenant.tables.preferences.get(name)
        value = HARD_DEFAULTS.get(name) if kept is None else kept
        if value is not None:
            found.append(
                {
                    "Level": "HardDefault" if kept is None else "SystemWide",
                    "RawValue": value,
                    "Specification": {"Section": name[0], "Key": name[1]},
                    "DisplayValue": value,
                    "DisplayType": "Text",
                }
            )
    return found


PREFERENCE: Agent = {"GetPreferences": get_preferences}
