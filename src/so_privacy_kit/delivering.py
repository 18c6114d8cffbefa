"""Brings what has happened to the product over HTTP, and has the product work until it rests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from so_privacy_ext.worker import Worker
from so_sandbox.deliveries import Delivery
from so_sandbox.dispatcher import Dispatcher

_LONGEST = 30.0
"""Seconds that the deliveries of one round may take, three tries each."""
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Rest:
    """What was brought until nothing was left to do."""

    brought: Sequence[tuple[str, int | None]]
    """Event and the last status that it was answered with, None without an answer; our own echoes too."""
    waiting: int
    """Events that are stored and wait, such as for a CRM that is out of reach; `clock.advance` goes on."""
    parked: str | None
    """Why a tenant waits as a whole, such as `unavailable`; None when none does."""


class Deliver:
    """Call it: `deliver()`."""

    def __init__(
        self, dispatcher: Dispatcher, worker: Worker, left: Callable[[], tuple[int, str | None]]
    ) -> None:
        self._dispatcher = dispatcher
        self._worker = worker
        self._left = left
        self._seen = 0

    def __call__(self) -> Rest:
        """Bring everything, take turns until no tenant owes any, and say how it ended."""
        for _ in range(_ROUNDS):
            if not self._dispatcher.wait_idle(_LONGEST):
                raise TimeoutError(f"{self._dispatcher.open} deliveries do not come to an end")
            if not self._worker.take_due():
                break
        else:
            raise TimeoutError(f"after {_ROUNDS} turns there is still something due")
        fresh = [one for one in tuple(self._dispatcher.log) if one.delivery_id > self._seen]
        self._seen = max((one.delivery_id for one in fresh), default=self._seen)
        waiting, parked = self._left()
        return Rest([(one.event, _status(one)) for one in fresh], waiting, parked)

    def again(self, times: int = 1, *, fresh: bool = False) -> Rest:
        """Bring all that came so far once more, as a retry or under a fresh EventId, and work."""
        told = [one for one in tuple(self._dispatcher.log) if one.event != "test" and not one.once]
        self._dispatcher.again(told * times, fresh=fresh)
        return self()

    def nothing(self) -> None:
        """Lose what happens from now on in silence, as when SuperOffice has discarded it."""
        self._dispatcher.lose(1.0)

    def everything(self) -> None:
        """Lose nothing any more."""
        self._dispatcher.lose(0.0)


def _status(delivery: Delivery) -> int | None:
    return delivery.attempts[-1].status if delivery.attempts else None
