"""What comes before a tenant's work: how is it, is it still there, may we work for it at all?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog

from so_privacy_ext.model import WHOLE_SWEEP, Tenant

STATE = "state"
"""Kind of work: news came of the tenant, so that its state is asked for anew."""
DELETED = "Deleted"
_LEAVE_LOST = "authorization_lost"
_WOKEN_BY_NEWS = frozenset({"tenant_state", "misdirected"})

_log = structlog.get_logger("so_privacy_ext.lifecycle")


class Condition(Protocol):
    """How the state API says a tenant is."""

    @property
    def state(self) -> str: ...


class Statuses(Protocol):
    """The last status of one tenant."""

    def get(self) -> Condition:
        """Give a status that is still good."""

    def renew(self) -> Condition:
        """Ask anew, however good the last one still is."""


class Connection(Protocol):
    """One tenant's CRM, before it is called."""

    @property
    def status(self) -> Statuses: ...

    def endpoint(self) -> str:
        """Raise the `Park` that fits, while the tenant does not run."""


class Held(Protocol):
    """A tenant's turn."""

    tenant: Tenant

    def due_kinds(self) -> frozenset[str]: ...

    def due(self, kind: str, seconds: float) -> None: ...

    def not_due(self, kind: str) -> None: ...

    def unpark(self) -> None: ...

    def ask_state(self) -> None:
        """Note that the state is being asked for because of news, which it is once a minute at the most."""

    def saw(self, state: str) -> float | None:
        """Keep a state; for `Deleted` give the seconds until it has been said for a day."""


def attend(turn: Held, connection: Connection, erase: Callable[[], None]) -> bool:
    """See how the tenant is; True when its work may go on.

    Raises the `Park` for a tenant that does not run, and whatever keeps us from knowing. That a tenant is
    deleted is believed when the state API says so twice, a day apart, the second time asked anew, and nothing
    else in between. Then it is erased.
    """
    news = STATE in turn.due_kinds()
    if news:
        turn.ask_state()
    seen = connection.status.renew() if news else connection.status.get()
    if news:
        turn.not_due(STATE)
        if turn.tenant.parked_reason in _WOKEN_BY_NEWS:
            turn.unpark()
    if seen.state == DELETED:
        return not _deleted(turn, connection, erase)
    if seen.state != turn.tenant.state:
        turn.saw(seen.state)
        if turn.tenant.state == DELETED:
            turn.not_due(STATE)
    connection.endpoint()
    if turn.tenant.parked_reason == _LEAVE_LOST:
        # Events that came while we were not let in may not be all that happened.
        turn.due(WHOLE_SWEEP, 0.0)
    return True


def _deleted(turn: Held, connection: Connection, erase: Callable[[], None]) -> bool:
    """Tell whether the tenant is erased; raise its `Park` while that is not sure."""
    left = turn.saw(DELETED)
    if left is not None and left > 0:
        turn.due(STATE, left)
        connection.endpoint()
    again = connection.status.renew()
    if again.state == DELETED:
        _log.warning("tenant_deleted", tenant_id=turn.tenant.tenant_id)
        erase()
        return True
    turn.saw(again.state)
    turn.not_due(STATE)
    connection.endpoint()
    return False
