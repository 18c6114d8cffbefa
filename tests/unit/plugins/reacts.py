"""A plugin that is told of decisions and events, and does what the basis or the number says."""

from __future__ import annotations

import time
from contextlib import suppress

from so_privacy_ext import Again, Clock, Crm, Decision, Event, Extension

ext = Extension("reacts", version="1", says="Is told of what happened.", operations=["List.GetCategories"])


@ext.after_decision
def decided(decision: Decision, key: str, clock: Clock) -> object:
    store = decision.purposes["STORE"]
    if store.basis == "61A":
        raise ValueError(f"Greta Olsen {key}")
    if store.basis == "61B":
        time.sleep(60)
    if store.basis == "61C":
        return f"{decision.person_id} at {clock.now()}"
    return None


@ext.on("sale.created", "contact.changed")
def happened(event: Event, crm: Crm, key: str) -> object:
    match event.primary_key:
        case 1:
            return Again([7, 8, 7])
        case 2:
            return Again([int(crm.call("List.GetCategories", Asked=True)["Categories"])])
        case 3:
            crm.call("List.GetBusinesses")
        case 4:
            for _ in range(21):
                crm.call("List.GetCategories")
        case 5:
            with suppress(ConnectionError, ValueError):
                crm.call("List.GetCategories")
        case 6:
            return [7]
        case 7:
            return Again([0])
        case 8:
            crm.call("List.GetCategories")
    return None
