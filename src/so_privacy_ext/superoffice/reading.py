"""Calls a reading operation for somebody else, with arguments and results as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from zeep.helpers import serialize_object

from so_privacy_ext.errors import CrmFailure, Exit, Fault, Refused
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.operations import ALLOWED


def read(client: SoapClient, operation: str, arguments: Mapping[str, Any]) -> Any:
    """Call an operation by agent and name.

    Raises `Refused` if it writes, is not known, or can't be called with these arguments; and a `CrmFailure`.
    """
    found = ALLOWED.get(operation.partition(".")[2])
    if found is None or found.full_name != operation or found.writes or found.mass:
        raise Refused(
            "operation", f"{operation} may not be called", "call one that reads", Exit.NO_PERMISSION
        )
    try:
        answer = client.call(found.name, **arguments)
    except CrmFailure as failure:
        if failure.fault is not Fault.VALIDATION:
            raise
        what = f"{operation} can't be called with these: {', '.join(sorted(arguments)) or 'nothing'}"
        how = "name its parameters and write their values as its WSDL says"
        raise Refused("arguments", what, how, Exit.BAD_DATA) from None
    serialize: Any = serialize_object
    return plain(serialize(answer, dict))


def plain(value: Any) -> Any:
    """Write a value as JSON has it: times in ISO 8601, numbers that are no int as texts."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | Decimal | float):
        return value.hex() if isinstance(value, bytes) else str(value)
    return value
