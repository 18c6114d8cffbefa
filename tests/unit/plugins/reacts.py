"""A plugin that is told of decisions, and does with them what the basis says."""

from __future__ import annotations

import time

from so_privacy_ext import Clock, Decision, Extension

ext = Extension("reacts", version="1", says="Is told of decisions.")


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
