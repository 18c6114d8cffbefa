"""Takes turns, and turns an error's kind into another attempt, a pause, or something for a human."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import structlog

from so_privacy_ext import metrics
from so_privacy_ext.errors import CrmFailure, Fault, Park, StorageUnavailable
from so_privacy_ext.lifecycle.attending import STATE
from so_privacy_ext.model import InboxEvent, TenantId
from so_privacy_ext.processing.drain import drain
from so_privacy_ext.processing.looking_up import look_up_due
from so_privacy_ext.processing.recording import WAITS
from so_privacy_ext.processing.work import SLICE, Work
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.due import begin_periodic, due_tenants, wait_for_work
from so_privacy_ext.storage.turns import Turn

POLL = 2.0
"""Seconds between looks when no notification comes."""
FAIR_SHARE = 2.0
"""Seconds that a tenant may go on while another, or somebody in line for this one, waits."""
PARKED = 900.0
NO_MANIFEST = 240.0
"""Seconds between looks at a tenant without a manifest, whose webhook is watched; its activation wakes it."""
LONGEST_PAUSE = 300.0
SHORTEST_PAUSE = 1.0
FAILED = 60.0
"""Seconds until a tenant is tried again whose turn failed in a way that nobody foresaw."""
BEGINNING = 30.0
"""Seconds between looks for tenants that do not owe periodic work yet, since they are new."""

_log = structlog.get_logger("so_privacy_ext.worker")

Take = Callable[[TenantId], Turn | None]
MakeWork = Callable[[Turn, Callable[[], bool]], Work | None]


@dataclass(frozen=True, slots=True)
class Chore:
    """One kind of work that a tenant owes again and again."""

    do: Callable[[Turn, Callable[[], bool]], float]
    """Does it, or as much as fits before the turn must yield; gives the seconds until it is due again."""
    within: float
    """Seconds within which a tenant that never owed it does."""
    while_paused: bool = False
    """Whether a tenant that is paused owes it as well."""


class Care(Protocol):
    """What a tenant's life asks of its turns, besides its work."""

    def attend(self, turn: Turn) -> bool:
        """Do what comes before the work; False when the turn is to end. Raises what work raises."""

    def failed(self, turn: Turn, failure: CrmFailure) -> bool:
        """Tell whether a failure is dealt with, so that this tenant need not be parked for it."""

    def beside(self) -> None:
        """Do what no tenant's turn comes to, now and then."""


class Careless:
    """Cares for nothing: every turn begins with its work."""

    def attend(self, turn: Turn) -> bool:  # noqa: ARG002  # the protocol's
        return True

    def failed(self, turn: Turn, failure: CrmFailure) -> bool:  # noqa: ARG002  # the protocol's
        return False

    def beside(self) -> None:
        return None


class Worker:
    """Works the turns of all tenants that owe something, several tenants at a time in threads."""

    def __init__(
        self,
        dsn: str,
        take: Take,
        make_work: MakeWork,
        *,
        threads: int,
        chores: Mapping[str, Chore] | None = None,
        care: Care | None = None,
    ) -> None:
        self._care = care or Careless()
        self._dsn = dsn
        self._take = take
        self._make_work = make_work
        self._threads = threads
        self._chores = chores or {}
        self._busy: set[TenantId] = set()
        self._others_wait = False
        self._guard = threading.Lock()
        self._failures: dict[TenantId, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; turns that have begun are ended at their next chunk."""
        pause = 0.5
        with ThreadPoolExecutor(self._threads, thread_name_prefix="turn") as pool:
            while not stop.is_set():
                try:
                    self._watch(stop, pool)
                except StorageUnavailable:
                    _log.warning("storage_unavailable", wait=pause)
                    stop.wait(pause)
                    pause = min(pause * 2, 30.0)
                else:
                    pause = 0.5

    def take_due(self) -> Sequence[TenantId]:
        """Take one turn of each tenant that owes something now, one after another, and tell whose."""
        with connect(self._dsn, application_name="so-privacy worker") as connection:
            found = due_tenants(connection, 100)
        for tenant_id in found:
            self._turn(tenant_id, threading.Event())
        return found

    def _watch(self, stop: threading.Event, pool: ThreadPoolExecutor) -> None:
        with connect(self._dsn, application_name="so-privacy worker") as connection:
            begun = -math.inf
            while not stop.is_set():
                if self._chores and time.monotonic() - begun > BEGINNING:
                    begin_periodic(connection, {kind: one.within for kind, one in self._chores.items()})
                    begun = time.monotonic()
                    pool.submit(self.beside)
                waiting = [one for one in due_tenants(connection, 100) if one not in self._busy]
                with self._guard:
                    free = self._threads - len(self._busy)
                    self._others_wait = len(waiting) > free
                    chosen = waiting[:free]
                    self._busy.update(chosen)
                for tenant_id in chosen:
                    pool.submit(self._turn, tenant_id, stop)
                wait_for_work(connection, 0.2 if self._others_wait else POLL)

    def beside(self) -> None:
        """Do what no tenant's turn comes to; what fails is tried again the next time."""
        try:
            self._care.beside()
        except Exception as error:  # noqa: BLE001  # it must never end the worker
            _log.warning("beside_failed", error=type(error).__name__)

    def _turn(self, tenant_id: TenantId, stop: threading.Event) -> None:
        try:
            turn = self._take(tenant_id)
            if turn is None:
                return
            with turn:
                self._use(turn, stop)
        except StorageUnavailable:
            metrics.turn("lost")
            _log.warning("turn_lost", tenant_id=tenant_id)
        except Exception as error:  # noqa: BLE001  # the outermost loop: a turn must never end the worker
            metrics.turn("failed")
            _log.error("turn_failed", tenant_id=tenant_id, error=type(error).__name__)
        finally:
            with self._guard:
                self._busy.discard(tenant_id)

    def _use(self, turn: Turn, stop: threading.Event) -> None:
        """Work a tenant until nothing is due, another tenant or a command waits, or the CRM says stop."""
        until = time.monotonic() + FAIR_SHARE

        def must_yield() -> bool:
            return stop.is_set() or (time.monotonic() > until and (self._others_wait or turn.wanted))

        tenant_id = turn.tenant.tenant_id
        try:
            if turn.tenant.paused:
                self._rest(turn, must_yield)
                return
            if not self._care.attend(turn):
                return
            work = self._make_work(turn, must_yield)
            if work is None:
                self._do_chores(turn, must_yield)
                turn.park("no_manifest", NO_MANIFEST)
                metrics.parked("no_manifest")
                return
            self._drain(work, lambda: must_yield() or (time.monotonic() > until and self._owes(turn)))
            look_up_due(work)
            self._do_chores(turn, must_yield)
        except StorageUnavailable:
            raise
        except CrmFailure as failure:
            if not self._care.failed(turn, failure):
                self._pause(turn, failure)
        except Exception as error:  # noqa: BLE001  # a tenant whose turns always fail must not take them all
            _log.error("turn_failed", tenant_id=tenant_id, error=type(error).__name__)
            turn.park(type(error).__name__, FAILED)
            metrics.turn("failed")
        else:
            self._failures.pop(tenant_id, None)
            metrics.turn("worked")

    def _rest(self, turn: Turn, must_yield: Callable[[], bool]) -> None:
        """Do what goes on for a paused tenant, without its CRM."""
        self._do_chores(turn, must_yield)
        if STATE in turn.due_kinds():
            self._care.attend(turn)

    def _owes(self, turn: Turn) -> bool:
        """Tell whether periodic work is due, which even a tenant whose events never end must come to."""
        return bool(self._chores) and not turn.due_kinds().isdisjoint(self._chores)

    def _do_chores(self, turn: Turn, must_yield: Callable[[], bool]) -> None:
        """Do the periodic work that is due, after the events; one that fails alone holds up nothing else."""
        for kind in sorted(turn.due_kinds() & self._chores.keys()) if self._chores else ():
            if turn.tenant.paused and not self._chores[kind].while_paused:
                continue
            try:
                turn.due(kind, self._chores[kind].do(turn, must_yield))
            except StorageUnavailable:
                raise
            except CrmFailure as failure:
                if isinstance(failure, Park) or failure.fault is Fault.THROTTLED:
                    raise  # what hits every call of the tenant's
                self._put_off(turn, kind, str(failure.fault))
            except Exception as error:  # noqa: BLE001  # a defect in one must not keep the others from being done
                self._put_off(turn, kind, type(error).__name__)
            if must_yield():
                return

    def _put_off(self, turn: Turn, kind: str, reason: str) -> None:
        _log.warning("chore_failed", tenant_id=turn.tenant.tenant_id, kind=kind, reason=reason)
        turn.due(kind, FAILED)

    def _drain(self, work: Work, must_yield: Callable[[], bool]) -> None:
        while True:
            try:
                more = drain(work)
            except StorageUnavailable:
                raise
            except CrmFailure as failure:
                if failure.fault is not Fault.PROTOCOL:
                    raise
                more = carefully(work)
            except Exception as error:  # noqa: BLE001  # one person's defect must not hold up the others
                _log.error("slice_failed", error=type(error).__name__)
                more = carefully(work)
            if not more or must_yield():
                return

    def _pause(self, turn: Turn, failure: CrmFailure) -> None:
        """Park the tenant: for as long as the CRM asked, else longer each time."""
        tenant_id = turn.tenant.tenant_id
        times = self._failures[tenant_id] = self._failures.get(tenant_id, 0) + 1
        usual = PARKED if isinstance(failure, Park) else min(5.0 * 2 ** (times - 1), LONGEST_PAUSE)
        seconds = usual if failure.wait is None else max(failure.wait, SHORTEST_PAUSE)
        metrics.turn("parked")
        metrics.parked(failure.fault)
        turn.park(str(failure.fault), seconds * random.uniform(1.0, 1.2))  # noqa: S311  # jitter, not a secret
        _log.warning("tenant_parked", tenant_id=tenant_id, fault=failure.fault, wait=round(seconds, 1))


def carefully(work: Work) -> bool:
    """Work a slice event by event, so that one that always fails is put off and the others go on."""
    for _ in range(SLICE):
        head = work.ledgers.inbox.claim(1)
        if not head:
            return False
        try:
            drain(work, limit=1)
        except StorageUnavailable:
            raise
        except CrmFailure as failure:
            if failure.fault is not Fault.PROTOCOL:
                raise
            _postpone(work, head[0], str(failure.fault))
        except Exception as error:  # noqa: BLE001  # named in the log and in the event's reason
            _log.error("event_failed", inbox_id=head[0].inbox_id, error=type(error).__name__)
            _postpone(work, head[0], type(error).__name__)
        if work.must_yield():
            break
    return True


def _postpone(work: Work, head: InboxEvent, reason: str) -> None:
    """Put an event off, with all those that its begun decision covers."""
    begun = [] if head.decision_id is None else work.ledgers.decisions.unfinished([head.decision_id])
    inbox_ids = [head.inbox_id, *(one for decision in begun for one in decision.inbox_ids)]
    attempts = work.ledgers.inbox.attempts(inbox_ids)
    if attempts > head.attempts:
        return  # the slice itself has put it off
    if attempts < len(WAITS):
        work.ledgers.inbox.put_off(inbox_ids, WAITS[attempts], reason)
    else:
        work.ledgers.inbox.dead(inbox_ids, reason)
