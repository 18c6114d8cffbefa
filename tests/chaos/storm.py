"""Things that go wrong in the CRM, dealt by seed: every kind for every operation before any comes again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from so_sandbox.world.faults import Fault, Faults

READS = ("drop", "truncated", "html", "empty", "empty_body", "wrong_response", "no_header", "soap_fault",
         "succeeded_false:SuperOffice.Exceptions.SoServerException", "http_500", "http_502", "http_429",
         "http_503", "expired_ticket", "slow:1", "delay:0.5")  # fmt: skip
WRITES = ("apply_then_drop", *READS)
_WRITING = {"SetConsent", "SendConsentConfirmationEmail"}
_PAUSING = {"http_429", "http_503"}
_SIGNING_IN = ("drop", "http_500", "delay:0.5")


class Storm(Faults):
    """Deals faults while it blows."""

    def __init__(self, every: Mapping[str, float], kinds: tuple[str, ...] | None, seed: int) -> None:
        super().__init__()
        self._every = every
        self._kinds = kinds
        self._rng = random.Random(seed)
        self._decks: dict[str, list[str]] = {}
        self.blowing = False
        self.dealt: Counter[str] = Counter()

    def take(self, tenant: str, agent: str, operation: str) -> Fault | None:
        """Deal a fault to one call in so many."""
        every = self._every.get(operation, self._every.get("*", 0.0))
        if not self.blowing or not every or self._rng.random() * every > 1.0:
            return super().take(tenant, agent, operation)
        kind = self._deal(agent, operation)
        if kind is None:
            return None
        self.dealt[f"{operation} {kind.partition(':')[0]}"] += 1
        headers = {"Retry-After": str(self._rng.choice((1, 2)))} if kind in _PAUSING else {}
        return Fault(kind, operation=operation, tenant=tenant, headers=headers)

    def _deal(self, agent: str, operation: str) -> str | None:
        deck = self._decks.setdefault(operation, [])
        if not deck:
            known: Sequence[str] = WRITES if operation in _WRITING else READS
            if agent in {"Login", "State"}:
                known = _SIGNING_IN
            deck += [kind for kind in known if self._kinds is None or kind in self._kinds]
            self._rng.shuffle(deck)
        return deck.pop() if deck else None
