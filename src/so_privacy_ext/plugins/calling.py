"""A plugin's way to SuperOffice, in its own process: it asks the product, which calls and answers in JSON."""

from __future__ import annotations

import socket
from collections.abc import Collection
from typing import Any

from so_privacy_ext.plugins.guard import UNDECLARED_OPERATION, Guard
from so_privacy_ext.plugins.wire import receive, send


class CrmByProduct:
    """Implements `reactions.Crm`; while it waits, no time of the plugin's goes by."""

    def __init__(self, parent: socket.socket, allowed: Collection[str], guard: Guard) -> None:
        self._parent = parent
        self._allowed = frozenset(allowed)
        self._guard = guard

    def call(self, operation: str, /, **arguments: Any) -> Any:
        """Have an operation called; raises as `reactions.Crm` says."""
        if operation not in self._allowed:
            self._guard.refusals.append(UNDECLARED_OPERATION)
            raise PermissionError(f"{UNDECLARED_OPERATION.what}; {UNDECLARED_OPERATION.how}")
        send(self._parent, {"crm": operation, "arguments": arguments})
        match receive(self._parent):
            case {"result": result}:
                return result
            case {"wrong": str(wrong)}:
                raise ValueError(wrong)
        raise ConnectionError("SuperOffice can't be asked now; this is told again later")
