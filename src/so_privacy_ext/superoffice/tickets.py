"""The short-lived credential of one tenant, fetched by one thread while the others wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.superoffice import faults


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """Compared by identity: which fetch it came from matters, not its text."""

    value: str = field(repr=False)


class Tickets:
    """Keeps the current ticket; its six hours slide with each use, so that only the CRM knows its end."""

    def __init__(self, fetch: Callable[[], str]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._current: Ticket | None = None
        self._rounds = 0
        self._failure: CrmFailure | None = None

    def get(self) -> Ticket:
        """Give the current ticket, or fetch the first."""
        return self._current or self.renew(None)

    def renew(self, stale: Ticket | None) -> Ticket:
        """Replace a ticket that the CRM refused, unless another thread has done so.

        Whoever waited for a fetch shares its outcome, also a bad one.
        """
        seen = self._rounds
        with self._lock:
            if self._current is not None and self._current is not stale:
                return self._current
            if self._rounds != seen and self._failure is not None:
                raise faults.again(self._failure)
            self._current, self._failure = None, None
            try:
                self._current = Ticket(self._fetch())
            except CrmFailure as failure:
                self._failure = failure
                raise
            finally:
                self._rounds += 1
            return self._current
