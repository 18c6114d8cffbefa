"""Tells tenants' own systems what waits for them: outside of turns, so that none of them holds up a tenant.

A message is closed only when it was taken. Whoever dies in between leaves it open, and it goes out again with
the same id.
"""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from so_privacy_ext import metrics
from so_privacy_ext.calling import Posted, Poster
from so_privacy_ext.endpoints import FAILING, GONE, post
from so_privacy_ext.errands import Errand
from so_privacy_ext.errors import Refused, StorageUnavailable
from so_privacy_ext.model import TenantId
from so_privacy_ext.outward.messages import WRITERS, Of
from so_privacy_ext.ports import Clock
from so_privacy_ext.processing.errands import give_up
from so_privacy_ext.storage import endpoints
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.endpoints import Taken
from so_privacy_ext.storage.errands import ErrandBook
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession, open_session
from so_privacy_ext.storage.turns import Turn

WAITS = (5.0, 30.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0)
"""Seconds before each further attempt at an endpoint that fails; the last again and again."""
GIVEN_UP = 5 * 86400.0
"""Seconds after which an endpoint that does nothing but fail is switched off; what waits stays."""
REFUSED_WAITS = (60.0, 600.0, 3600.0)
"""Seconds before each further attempt at a message that is refused for what it is; then it is given up."""
BUSY = 60.0
"""Seconds for which whoever sends has an endpoint alone: longer than a share and the longest attempt."""
SHARE = 5.0
"""Seconds in which messages are begun before other endpoints are looked at."""
_OVERLOADED = frozenset({429, 502, 503, 504})
_SLOW_DOWN = 60.0
"""Seconds that an endpoint is left alone at the least that says it can't keep up."""
_OF_THE_MESSAGE = frozenset({400, 413, 415, 422})
"""Answers that speak of the message and not of the endpoint."""
_THREADS = 8
_POLL = 1.0
_LAST = 3.0
"""Seconds that what is under way is waited for when we are told to stop."""
_CLAIMED = 20
_TURN_WAIT = 10.0

_log = structlog.get_logger("so_privacy_ext.announcing")

Take = Callable[..., Turn | None]


class Announcing:
    """One for each process that works; several share the endpoints among them."""

    def __init__(self, dsn: str, data_key: DataKey, poster: Poster, clock: Clock, take: Take) -> None:
        self._dsn = dsn
        self._data_key = data_key
        self._poster = poster
        self._clock = clock
        self._take = take
        self._serving: set[TenantId] = set()
        self._guard = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Tell until told to stop; each tenant takes up one thread at the most."""
        pause = _POLL
        while not stop.wait(pause):
            try:
                self._watch(stop)
            except StorageUnavailable:
                _log.warning("storage_unavailable", wait=pause)
                pause = min(pause * 2, 30.0)
            else:
                pause = _POLL
        until = time.monotonic() + _LAST
        while self._serving and time.monotonic() < until:
            time.sleep(0.05)

    def serve_due(self) -> int:
        """Tell each endpoint once that has a message now, one after another; give how many were taken."""
        with connect(self._dsn, application_name="so-privacy outward") as connection:
            due = endpoints.due(connection, 100)
        return sum(self.serve(tenant_id, number, threading.Event()) for tenant_id, number in due)

    def serve(self, tenant_id: TenantId, number: int, stop: threading.Event) -> int:
        """Tell one endpoint what waits for it, until its share is over; give how many were taken."""
        with open_session(self._dsn, tenant_id) as session:
            try:
                taken = endpoints.take(session, self._data_key, number, BUSY)
            except Refused as refused:  # the key that its secrets are sealed by is not at hand
                endpoints.failed(session, number, refused.code, WAITS[2])
                return 0
            if taken is None:
                return 0
            try:
                return self._tell(session, taken, stop)
            finally:
                endpoints.let_go(session, taken)

    def _watch(self, stop: threading.Event) -> None:
        with connect(self._dsn, application_name="so-privacy outward") as connection:
            while not stop.is_set():
                for one in self._begin(endpoints.due(connection, 100)):
                    # Ends with the process: what an endpoint has not answered by then goes out again.
                    threading.Thread(
                        target=self._serve, args=(*one, stop), name="outward", daemon=True
                    ).start()
                stop.wait(_POLL)

    def _begin(self, due: Sequence[tuple[TenantId, int]]) -> list[tuple[TenantId, int]]:
        """Choose as many as there are threads, none of a tenant that has one."""
        begun = []
        with self._guard:
            for tenant_id, number in due:
                if tenant_id not in self._serving and len(self._serving) < _THREADS:
                    self._serving.add(tenant_id)
                    begun.append((tenant_id, number))
        return begun

    def _serve(self, tenant_id: TenantId, number: int, stop: threading.Event) -> None:
        try:
            self.serve(tenant_id, number, stop)
        except StorageUnavailable:
            _log.warning("endpoint_lost", tenant_id=tenant_id, endpoint=number)
        except Exception as error:  # noqa: BLE001  # the outermost of its thread: one endpoint must not end it
            _log.error("endpoint_failed", tenant_id=tenant_id, endpoint=number, error=type(error).__name__)
        finally:
            with self._guard:
                self._serving.discard(tenant_id)

    def _tell(self, session: TenantSession, taken: Taken, stop: threading.Event) -> int:
        book, until, told = ErrandBook(session), time.monotonic() + SHARE, 0
        while claimed := book.claim([endpoints.consumer(taken.endpoint_id)], _CLAIMED):
            for errand in claimed:
                if stop.is_set() or time.monotonic() > until:
                    return told
                posted = self._post(taken, errand)
                metrics.announced(posted.why)
                if posted.taken:
                    with session.transaction():
                        book.done(errand.errand_id)
                        endpoints.delivered(session, taken.endpoint_id)
                    told += 1
                elif posted.status in _OF_THE_MESSAGE:
                    self._refused(session, book, taken, errand, posted)
                else:
                    self._failed(session, taken, posted)
                    return told
        return told

    def _post(self, taken: Taken, errand: Errand) -> Posted:
        of = Of(tenant=taken.context_identifier, environment=taken.environment)
        body = WRITERS[errand.kind](of, errand.content)
        return post(self._poster, self._clock, taken.address, message_id(taken, errand), body)

    def _refused(
        self, session: TenantSession, book: ErrandBook, taken: Taken, errand: Errand, posted: Posted
    ) -> None:
        """Leave a message for later that the endpoint does not want as it is, and go on with the others."""
        if errand.attempts < len(REFUSED_WAITS):
            with session.transaction():
                book.put_off(errand.errand_id, _scattered(REFUSED_WAITS[errand.attempts]), posted.why)
                endpoints.failed(session, taken.endpoint_id, posted.why, 0.0)
            return
        turn = self._take(session.tenant_id, wait=_TURN_WAIT)
        if turn is None:
            book.put_off(errand.errand_id, _scattered(_SLOW_DOWN), posted.why)
            return
        with turn, turn.ledgers.transaction():
            give_up(turn.ledgers, errand, posted.why)

    def _failed(self, session: TenantSession, taken: Taken, posted: Posted) -> None:
        """Leave the endpoint alone for a while, or for good where it says so or has failed for days."""
        number = taken.endpoint_id
        failures, seconds = endpoints.standing(session, number)
        wait = WAITS[min(failures, len(WAITS) - 1)]
        if posted.status in _OVERLOADED:
            wait = max(wait, _SLOW_DOWN)
        endpoints.failed(session, number, posted.why, max(_scattered(wait), posted.wait or 0.0))
        _log.warning("endpoint_fails", tenant_id=session.tenant_id, endpoint=number, why=posted.why)
        because = GONE if posted.status == 410 else FAILING if seconds >= GIVEN_UP else None
        if because is None:
            return
        turn = self._take(session.tenant_id, wait=_TURN_WAIT)
        if turn is not None:  # else it is switched off by the next attempt
            with turn:
                endpoints.switch_off(turn.session, turn.ledgers, number, who="so-privacy", because=because)


def message_id(taken: Taken, errand: Errand) -> str:
    """Name a message: the same at each attempt, and for each endpoint another."""
    return "msg_" + hashlib.sha256(f"{taken.key}/{errand.key}".encode()).hexdigest()[:32]


def _scattered(seconds: float) -> float:
    return seconds * random.uniform(1.0, 1.2)  # noqa: S311  # jitter, not a secret
