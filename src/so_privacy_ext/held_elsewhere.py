"""What plugins hold elsewhere of a tenant's persons: erased when it must go, and owed until it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from so_privacy_ext.extending import Extending
from so_privacy_ext.model import PersonId
from so_privacy_ext.plugins.holding import Holder
from so_privacy_ext.plugins.hosts import REST
from so_privacy_ext.plugins.troubles import Kind, PluginFailed, Trouble
from so_privacy_ext.storage import erasures, plugins, turns
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.erasures import OwedErasure
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.turns import Turn

WAITS = (60.0, 300.0, 1800.0, 7200.0, 21600.0, 86400.0)
"""Seconds until a plugin is asked again; the last ones again and again, for as long as it owes."""
SOON = 30.0
"""Seconds until it is asked for others after one that came to nothing."""
LATER = 86400.0
_SLICE = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plugin answered."""

    plugin: str
    person_id: PersonId | None
    records: int | None
    """How many it has erased; None where it still owes."""
    reason: str = ""
    """Why it does."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a plugin shows of a person; for whoever asked, and to be kept nowhere."""

    plugin: str
    what: str
    """What it says that it holds."""
    why: str
    keep_days: int
    held: Mapping[str, Any] | None = field(repr=False)
    """None where it did not answer."""
    failed: str = ""
    """Why it did not."""


class HeldElsewhere:
    """Has plugins show what they hold, and erase it under a tenant's turn."""

    def __init__(self, dsn: str, data_key: DataKey, extending: Extending) -> None:
        self._dsn = dsn
        self._data_key = data_key
        self._extending = extending

    def in_turn(self, turn: Turn, must_yield: Callable[[], bool]) -> float:
        """Ask for what is due; give the seconds until there is more."""
        next_in = erasures.next_in(turn.session)
        if next_in == 0.0:
            self.ask(turn, must_yield)
            next_in = erasures.next_in(turn.session)
        return LATER if next_in is None else min(next_in, LATER)

    def ask(
        self, turn: Turn, must_yield: Callable[[], bool] = lambda: False, *, at_once: bool = False
    ) -> Sequence[Asked]:
        """Ask each plugin for what it owes until it fails once; `at_once` also for what is not due."""

        def note(trouble: Trouble) -> None:
            plugins.failed(turn.session, turn.ledgers, trouble)

        holders = {one.name: one for one in self._extending.holders(turn.session, note)}
        asked: list[Asked] = []
        silent: set[str] = set()
        for owed in erasures.listed(turn.session, limit=_SLICE):
            if owed.plugin in silent or not (at_once or owed.is_due):
                continue
            answer = self._one(turn, owed, holders[owed.plugin])
            asked.append(answer)
            if answer.records is None:
                silent.add(owed.plugin)
            if must_yield():
                break
        return asked

    def access(self, session: TenantSession, person_id: PersonId) -> Sequence[Shown]:
        """Have each plugin that may hold data of the tenant's, on or off, show what it holds of a person."""
        return [_shown(one, person_id) for one in self._extending.holders(session, lambda _: None)]

    def part(self, turn: Turn) -> Sequence[str]:
        """Have all plugins erase all that they hold for a tenant that leaves; name those that still owe."""
        erasures.owe_all(turn.session)
        self.ask(turn, at_once=True)
        return [one.plugin for one in erasures.counted(turn.session)]

    def ask_for_removed(self) -> None:
        """Ask for what is due to tenants that were removed."""
        with connect(self._dsn, application_name="so-privacy erasures") as connection:
            due = {one.tenant_id for one in erasures.of_removed(connection) if one.is_due}
        for tenant_id in sorted(due):
            turn = turns.take(self._dsn, tenant_id, self._data_key, removed=True)
            if turn is not None:
                with turn:
                    self.ask(turn)

    def _one(self, turn: Turn, owed: OwedErasure, holder: Holder) -> Asked:
        try:
            records = holder.erase(owed.person_id)
        except PluginFailed as failure:
            reason = failure.troubles[0].kind
            rests = reason is Kind.RESTING
            wait = WAITS[min(owed.attempts, len(WAITS) - 1)]
            again, others = (REST, REST) if rests else (wait, SOON)
            erasures.failed(turn.session, owed, reason, again=again, others=others, counts=not rests)
            return Asked(owed.plugin, owed.person_id, None, reason)
        erasures.settled(turn.session, turn.ledgers, owed, "plugin_erased", {"records": records})
        return Asked(owed.plugin, owed.person_id, records)


def _shown(holder: Holder, person_id: PersonId) -> Shown:
    holds = holder.holds
    held: Mapping[str, Any] | None = None
    failed = ""
    try:
        held = holder.access(person_id)
    except PluginFailed as failure:
        failed = failure.troubles[0].what
    return Shown(holder.name, holds.what, holds.why, holds.keep_days, held, failed)
