"""A tenant's turn: one holder over all machines, fenced by the very connection that does all its writes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from psycopg.errors import LockNotAvailable

from so_privacy_ext.errors import PrivacyError, StorageUnavailable
from so_privacy_ext.model import AssociateId, ContextIdentifier, Epoch, Tenant, TenantId
from so_privacy_ext.ports import Ledgers
from so_privacy_ext.storage import manifests
from so_privacy_ext.storage.database import IDLE_SECONDS, Connection, Row, connect
from so_privacy_ext.storage.decisions import DecisionBook
from so_privacy_ext.storage.due import LOCK_SPACE
from so_privacy_ext.storage.ends import EndBook
from so_privacy_ext.storage.erasures import ErasureBook
from so_privacy_ext.storage.errands import ErrandBook
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.inbox import InboxBook
from so_privacy_ext.storage.journal import JournalBook
from so_privacy_ext.storage.known_lists import KnownLists
from so_privacy_ext.storage.mails import MailBook
from so_privacy_ext.storage.pace import wait_for_place
from so_privacy_ext.storage.reviews import ReviewBook
from so_privacy_ext.storage.runs import RunBook
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements
from so_privacy_ext.storage.sweeps import SweepBook
from so_privacy_ext.storage.tenants import ADDRESS_KEY, read_secret

BEAT_SECONDS = 2.0

_sql = Statements("turns")


class Turn:
    """The exclusive hold on one tenant; whoever is silent for six seconds has lost it."""

    def __init__(
        self,
        session: TenantSession,
        tenant: Tenant,
        data_key: DataKey,
        beat_seconds: float,
        place: Callable[[TenantSession], None] | None,
    ) -> None:
        self.session = session
        self.tenant = tenant
        self.ledgers = Ledgers(
            inbox=InboxBook(session),
            decisions=DecisionBook(session, tenant.epoch),
            mails=MailBook(session, tenant.epoch),
            reviews=ReviewBook(session, tenant.epoch),
            journal=JournalBook(session, tenant.epoch),
            ends=EndBook(session, tenant.epoch),
            errands=ErrandBook(session),
            erasures=ErasureBook(session),
            transaction=session.transaction,
            together=session.together,
            due=self.due,
        )
        self.lists = KnownLists(session, tenant.epoch)
        self.sweeps = SweepBook(session, tenant.epoch)
        self.runs = RunBook(session, tenant.epoch, tenant.address_key)
        self._data_key = data_key
        self._place = place or wait_for_place
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._heart = threading.Thread(
            target=self._beat, args=(beat_seconds,), name=f"heartbeat-{tenant.tenant_id}", daemon=True
        )
        self._heart.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @property
    def connection(self) -> Connection:
        """Give the connection that holds the turn."""
        return self.session.connection

    @property
    def lost(self) -> bool:
        """Tell whether the heartbeat found that the turn is not ours any more."""
        return self._lost.is_set()

    @property
    def wanted(self) -> bool:
        """Tell whether somebody stands in line for this turn, as a command of an administrator does."""
        return self.session.row(_sql["wanted"], self._lock_keys()) is not None

    @property
    def owes(self) -> bool:
        """Tell whether the tenant has work that is due now, which a worker would take."""
        return self.session.row(_sql["owes"]) is not None

    def release(self) -> None:
        """Let go of the tenant; a turn that was lost has been let go already."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._heart.join()
        try:
            self.session.run(_sql["turned"])
            with mapped():
                self.connection.execute(_sql["unlock"], self._lock_keys())
        except StorageUnavailable:
            self._lost.set()
        finally:
            self.session.close()

    def pace(self) -> None:
        """Return when one call to the CRM may begin, which it then must; a lost turn never gets that far."""
        if self.lost:
            raise StorageUnavailable("the turn is lost")
        self._place(self.session)

    def secret(self, name: str) -> bytes:
        """Open the newest of the tenant's secrets of that name."""
        return read_secret(self.session, self._data_key, name)

    def manifest(self) -> tuple[bytes, str] | None:
        """Give text and digest of the manifest that decides now."""
        return manifests.active(self.session)

    def manifest_of(self, digest: str) -> bytes | None:
        """Give the text of a manifest that decided once."""
        return manifests.by_digest(self.session, digest)

    def due(self, kind: str, seconds: float) -> None:
        """Have the tenant woken for a kind of work in so many seconds, in place of the time set before."""
        self.session.run(_sql["due"], {"kind": kind, "seconds": seconds})

    def not_due(self, kind: str) -> None:
        """Forget a kind of work."""
        self.session.run(_sql["not_due"], {"kind": kind})

    def due_kinds(self) -> frozenset[str]:
        """Name the kinds of work, beside events and look-ups, whose time has come."""
        return frozenset(row["kind"] for row in self.session.rows(_sql["due_kinds"]))

    def ask_state(self) -> None:
        """Note that the state is being asked for because of news, which it is once a minute at the most."""
        self.session.run(_sql["ask_state"])

    def saw(self, state: str) -> float | None:
        """Keep a state; for `Deleted` give the seconds until it has been said for a day."""
        row = self.session.one(_sql["state"], {"state": state})
        left: float | None = row["left"]
        return left

    def park(self, reason: str, seconds: float) -> None:
        """Pause the tenant with a reason that is shown; it resumes alone."""
        self.session.run(_sql["park"], {"reason": reason, "seconds": seconds})

    def unpark(self) -> None:
        """Resume the tenant now."""
        self.session.run(_sql["unpark"])

    def wake(self) -> None:
        """Tell the workers, at the turn's end or the transaction's, that the tenant has work."""
        self.session.rows(_sql["wake"])

    def _beat(self, seconds: float) -> None:
        while not self._ended.wait(seconds):
            try:
                self.session.beat()
            except PrivacyError:
                self._lost.set()
                return

    def _lock_keys(self) -> dict[str, int]:
        return {"lock_space": LOCK_SPACE, "tenant_id": self.tenant.tenant_id}


def take(
    dsn: str,
    tenant_id: TenantId,
    data_key: DataKey,
    *,
    wait: float = 0.0,
    idle_seconds: float = IDLE_SECONDS,
    beat_seconds: float = BEAT_SECONDS,
    place: Callable[[TenantSession], None] | None = None,
    removed: bool = False,
) -> Turn | None:
    """Take a tenant's turn; None if another holds it (for longer than `wait`) or the tenant is gone.

    `removed` takes also that of a tenant that was removed and of which evidence is kept.
    `place` returns when a call may begin, for whoever has a CRM that takes more than ten a second.
    """
    connection = connect(dsn, application_name="so-privacy turn", idle_seconds=idle_seconds)
    session = TenantSession(connection, tenant_id)
    try:
        row = (
            session.row(_sql["tenant"], {"removed": removed}) if _lock(connection, tenant_id, wait) else None
        )
        if row is None:
            session.close()
            return None
        session.run(
            _sql["turned"]
        )  # before anything can fail: who can't be served must not stay first in line
        tenant = _tenant(row, read_secret(session, data_key, ADDRESS_KEY))
    except BaseException:
        session.close()
        raise
    return Turn(session, tenant, data_key, beat_seconds, place)


def _lock(connection: Connection, tenant_id: TenantId, wait: float) -> bool:
    """Take the lock if it is free, else stand in line for it: who only tries can't slip in before us."""
    keys = {"lock_space": LOCK_SPACE, "tenant_id": tenant_id}
    with mapped():
        row = connection.execute(_sql["lock"], keys).fetchone()
        if row is not None and row["taken"]:
            return True
        if wait <= 0:
            return False
        connection.execute(_sql["patience"], {"patience": f"{wait * 1000:.0f}ms"})
        try:
            connection.execute(_sql["stand_in_line"], keys)
        except LockNotAvailable:
            return False
        connection.execute(_sql["patience"], {"patience": "0"})
        return True


def _tenant(row: Row, address_key: bytes) -> Tenant:
    own = row["own_associate_id"]
    return Tenant(
        tenant_id=TenantId(row["tenant_id"]),
        context_identifier=ContextIdentifier(row["context_identifier"]),
        environment=row["environment"],
        epoch=Epoch(row["epoch"]),
        tell_from=row["tell_from"],
        own_associate_id=None if own is None else AssociateId(own),
        address_key=address_key,
        parked_until=row["parked_until"],
        parked_reason=row["parked_reason"],
        state=row["state"],
        mails_lost_from=row["mails_lost_from"],
        mails_lost_to=row["mails_lost_to"],
        reconciling=row["reconciling"],
        mass_writes=row["mass_writes"],
        paused=row["paused"],
        plugins=row["plugins"],
        endpoints=row["endpoints"],
    )
