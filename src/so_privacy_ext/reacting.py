"""Who is told of what was recorded for a tenant, and that they are: a kind of work in its turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from so_privacy_ext.crm_connections import CrmConnections
from so_privacy_ext.endpoints import Endpoints
from so_privacy_ext.errands import Consumer, Listener
from so_privacy_ext.extending import Extending
from so_privacy_ext.processing.errands import do_errands
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.superoffice.reading import read


class Reacting:
    """All that is told afterwards; of a tenant that has nobody to tell, only that is looked at."""

    def __init__(self, extending: Extending, crms: CrmConnections, endpoints: Endpoints) -> None:
        self._extending = extending
        self._crms = crms
        self._endpoints = endpoints

    def listeners(self, turn: Turn) -> Sequence[Listener]:
        """Give all whom the tenant wants told: its plugins, and its own systems, told outside of turns."""
        return [*self._plugins(turn), *self._endpoints.listeners(turn)]

    def work(self, turn: Turn, must_yield: Callable[[], bool]) -> float:
        """Tell them what is due, for a share of time; give the seconds until the next is."""
        return do_errands(self._plugins(turn), turn.ledgers, must_yield)

    def _plugins(self, turn: Turn) -> Sequence[Consumer]:
        def call(operation: str, arguments: Mapping[str, Any]) -> Any:
            return read(self._crms.client(turn), operation, arguments)

        return self._extending.consumers(turn, call)
