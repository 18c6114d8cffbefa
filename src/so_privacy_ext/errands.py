"""Errands: what consumers, such as plugins, are told of afterwards; at least once, in order for each entity.

An errand is made in the transaction that commits its cause, one for each consumer that wants it, and worked
under the tenant's turn. It holds ids and keys, nothing else of a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

ERRANDS = "errands"
"""Kind of periodic work: errands whose time has come."""
DECISION = "decision"
"""Kind of the errands that tell of a decision; those that tell of an event are of the event's name."""


@dataclass(frozen=True, slots=True)
class NewErrand:
    """What one consumer is to be told of."""

    consumer: str
    """Such as `plugin:acme-vat`."""
    kind: str
    entity: str
    """Such as `person/7`: errands of one consumer about one entity are worked in the order they were made."""
    key: str
    """Names the cause, the same at each try and for each consumer: `decision/12`, `event/<EventId>`."""
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Errand:
    """An errand whose time has come."""

    errand_id: int
    consumer: str
    kind: str
    entity: str
    key: str
    content: Mapping[str, Any]
    made_at: datetime
    attempts: int
    """How often it was tried before."""


@dataclass(frozen=True, slots=True)
class Done:
    """The consumer has taken it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It must be tried again later; until then later ones of its consumer and entity wait, and no others."""

    why: str
    """A code, never personal data."""
    wait: float | None = None
    """Seconds that the consumer asked for; None for the usual ones."""


@dataclass(frozen=True, slots=True)
class Held:
    """Nothing can be told to this consumer for a while; no try is counted."""

    why: str
    seconds: float


Outcome = Done | Failed | Held


class Listener(Protocol):
    """Who wants to be told; made for a turn."""

    @property
    def name(self) -> str:
        """Give what its errands are kept under."""

    def wants(self, kind: str) -> bool:
        """Tell whether it is to be told of this; asked while a cause is recorded, so it must be quick."""


class Consumer(Listener, Protocol):
    """A listener that is told under the turn."""

    def take(self, errand: Errand) -> Outcome:
        """Take an errand, within a few seconds; whoever has seen its key before does nothing.

        Raises nothing but `StorageUnavailable`, and a `CrmFailure` that hits every call of the tenant's.
        """


class Errands(Protocol):
    """One tenant's errands, under its turn."""

    def make(self, errands: Sequence[NewErrand]) -> None:
        """Keep errands, each consumer's key once, in the transaction that is open, and have them worked."""

    def claim(self, consumers: Sequence[str], limit: int) -> Sequence[Errand]:
        """Give the oldest of these consumers' errands that are due and wait for no earlier one."""

    def done(self, errand_id: int) -> None:
        """Close an errand."""

    def put_off(self, errand_id: int, seconds: float, reason: str) -> None:
        """Leave one for later and count a try."""

    def dead(self, errand_id: int, reason: str) -> None:
        """Give one up until a human redrives it; those that waited for it go on."""

    def hold(self, consumer: str, seconds: float, reason: str) -> None:
        """Leave all of a consumer's for later, and count nothing."""

    def drop(self, consumer: str, reason: str) -> None:
        """Close all that is open of a consumer that is there no more."""

    def next_in(self, consumers: Sequence[str]) -> float | None:
        """Tell in how many seconds the next of these consumers' errands is due; None if there is none."""
