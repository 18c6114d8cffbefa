"""A plugin's calls to SuperOffice, as the product does them for one errand."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from so_privacy_ext.errors import CrmFailure, Refused

MOST = 20
"""Calls for one errand."""
_LARGEST = 1024 * 1024
"""Characters of a result."""

Call = Callable[[str, Mapping[str, Any]], Any]
"""Calls an operation by agent and name, and gives plain JSON; raises `Refused` or a `CrmFailure`."""


class Calls:
    """Answers what a plugin's process asks for; made for one errand."""

    def __init__(self, agreed: Collection[str], call: Call) -> None:
        self._agreed = agreed
        self._call = call
        self._count = 0
        self.failure: CrmFailure | None = None
        """What SuperOffice failed with, which is no fault of the plugin's."""

    def answer(self, said: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Give what goes back to the plugin; None if it may not ask for this, or not so often."""
        match said:
            case {"crm": str(operation), "arguments": dict(arguments)} if operation in self._agreed:
                self._count += 1
                return self._result(operation, arguments) if self._count <= MOST else None
        return None

    def _result(self, operation: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            result = self._call(operation, arguments)
        except Refused as refused:
            return {"wrong": f"{refused.what}; {refused.how}"}
        except CrmFailure as failure:
            self.failure = failure
            return {"failed": True}
        if len(json.dumps(result)) > _LARGEST:
            return {"wrong": f"{operation} gave more than a megabyte; ask for fewer rows or columns"}
        return {"result": result}
