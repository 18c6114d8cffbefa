"""Counts for which share of the persons whom we know each rule of a manifest would decide something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from so_privacy_ext.model import PersonId
from so_privacy_ext.ports import KeptDecision
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.restored import restored
from so_privacy_ext.sdk import Facts

FEWEST = 100
"""Of fewer persons a share says nothing."""
MOST = 20_000
"""Kept decisions that are looked at; it takes about a second."""


def shares(
    kept: Iterable[KeptDecision], active: ActiveManifest, texts: Mapping[str, str]
) -> Mapping[str, float] | None:
    """Give the share, from 0 to 1, by rule id; None where too few persons are known.

    Each person counts once, by what was last known of her.
    """
    known: dict[PersonId, Facts] = {}
    for decision in islice(kept, MOST):
        facts = restored(decision.facts, texts)
        if facts is not None:
            known[decision.person_id] = facts.facts
    if len(known) < FEWEST:
        return None
    times: dict[str, int] = {}
    for one in known.values():
        for rule_id in {decision.rule_id for decision in decide(one, active).decisions}:
            times[rule_id] = times.get(rule_id, 0) + 1
    return {rule_id: number / len(known) for rule_id, number in times.items()}
