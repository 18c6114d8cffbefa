"""What heals a tenant: its webhooks are seen to, and what no event told of is looked for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

from so_privacy_ext.lifecycle import self_test, watchdog
from so_privacy_ext.lifecycle.watchdog import Wanted
from so_privacy_ext.model import Sweep, SweepKind
from so_privacy_ext.ports import Clock
from so_privacy_ext.processing.sweep import prove, sweep
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.storage.watching import WatchBook
from so_privacy_ext.superoffice.changes import CrmChanges
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.hooks import TenantHooks
from so_privacy_ext.webhooks.subscriptions import EVENTS, wanted_events, wanted_watch

WATCH_SECONDS = (210.0, 270.0)
"""Between two looks at the webhooks, so that nothing is wrong with one for five minutes unseen."""
SWEEP_SECONDS = (270.0, 330.0)
"""Between two sweeps by primary key."""
SHARE = 2.0
"""Seconds that a sweep goes on before the tenant's events are looked at again."""
FRESH = 600.0
"""Seconds after which a whole sweep is worth another one that nobody asked for."""
NIGHT = (clock_time(1), timedelta(hours=3))
"""UTC; the times of persons have no index in the CRM."""


class Healing:
    """Made for a turn, since the client is."""

    def __init__(
        self,
        turn: Turn,
        client: SoapClient,
        clock: Clock,
        data_key: DataKey,
        *,
        public_url: str,
        ca_file: Path | None,
        further: Collection[str] = (),
    ) -> None:
        """Make it; `further` events are those that plugins want."""
        self._turn = turn
        self._client = client
        self._clock = clock
        self._data_key = data_key
        self._public_url = public_url
        self._ca_file = ca_file
        self._further = frozenset(further)

    def watch(self, *, by_hand: bool = False) -> float:
        """Look at the webhooks, and mend them; give the seconds until the next look.

        `by_hand` says that an administrator asks for it, so that what a human has stopped is started again.
        """
        watchdog.watch(
            self.book(),
            self.hooks(),
            Wanted(f"{self._public_url}/webhooks/", self._wanted, EVENTS, self._further),
            lambda: self_test.unreachable(self._public_url, self._ca_file),
            by_hand=by_hand,
        )
        return random.uniform(*WATCH_SECONDS)  # noqa: S311  # spreads tenants, guards nothing

    def _wanted(self, kind: str, ids: Mapping[str, int]) -> tuple[str, ...]:
        return wanted_events(self._further) if kind == EVENTS else wanted_watch(ids[EVENTS])

    def book(self) -> WatchBook:
        """Give what is kept of the webhooks."""
        return WatchBook(self._turn, self._data_key, watchdog.WHAT_TO_DO)

    def hooks(self) -> TenantHooks:
        """Give the webhooks as they stand."""
        return TenantHooks(self._client)

    def sweep_on(self, kind: SweepKind, must_yield: Callable[[], bool]) -> float:
        """Sweep for a share of time; give the seconds until it must go on, or begin again."""
        sweeps, ledgers = self._turn.sweeps, self._turn.ledgers
        prove(sweeps, ledgers.journal, ledgers.transaction)
        until = time.monotonic() + SHARE
        if kind is SweepKind.NEW or not sweeps.fresh(FRESH):
            done = self.sweep(kind, "periodic", lambda: must_yield() or time.monotonic() > until)
            if done is None:
                return 0.0
        if kind is SweepKind.WHOLE:
            return until_night(self._clock.now())
        return random.uniform(*SWEEP_SECONDS)  # noqa: S311  # spreads tenants, guards nothing

    def sweep(self, kind: SweepKind, why: str, must_yield: Callable[[], bool]) -> Sweep | None:
        """Sweep until done or told to yield; None in that case."""
        changes = CrmChanges(self._client, self._turn.tenant.own_associate_id)
        return sweep(self._turn.sweeps, changes, self._clock, kind, why, must_yield=must_yield)


def until_night(now: datetime) -> float:
    """Give the seconds until some moment of the next night, another one for each tenant."""
    begin, length = NIGHT
    night = datetime.combine(now.date(), begin, now.tzinfo)
    if now >= night:
        night += timedelta(days=1)
    moment = night + length * random.random()  # noqa: S311  # spreads tenants, guards nothing
    return (moment - now).total_seconds()
