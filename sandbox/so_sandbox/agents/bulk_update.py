"""The BulkUpdate agent: consents of many persons by a job in the background."""

from __future__ import annotations

import re
from collections.abc import Sequence

from so_sandbox.agents.caller import Agent, Arguments, Caller
from so_sandbox.agents.carriers import Carrier
from so_sandbox.world.errors import AccessDenied, InvalidArgument, NotSupported
from so_sandbox.world.mass_writing import Values

FIELD = "legalBasis"
OPERATIONS = ("add", "remove")
_IDS = re.compile(r"\s*\d{1,10}\s*(,\s*\d{1,10}\s*)*", re.ASCII)
_ID = re.compile(r"\[I:(\d{1,10})\]|(\d{1,10})", re.ASCII)
_PURPOSE_TO_REMOVE = 4
"""Where `remove` has its purpose among the values."""


def get_available_fields(caller: Caller, given: Arguments) -> list[Carrier]:
    """Name what can be written to persons in bulk; of all fields the legal basis alone."""
    _check(caller, given["Tablename"])
    return [
        {
            "Key": FIELD,
            "ValueType": "legalBasis",
            "EncodedDisplayName": 'US:"Legal basis"',
            "CurrentOperationType": "",
            "OperationInfos": [{"Key": name, "EncodedDisplayName": f'US:"{name}"'} for name in OPERATIONS],
        }
    ]


def execute_by_entity_ids(caller: Caller, given: Arguments) -> int:
    """Begin a job; its number is all that is known then."""
    _check(caller, given["TableName"])
    if not given["Context"]:
        raise InvalidArgument("a bulk update needs a context of its own")
    if not _IDS.fullmatch(given["Ids"]):
        raise InvalidArgument("the ids are numbers with commas between them")
    fields = [one for one in (given["FieldValueInfos"] or {}).get("FieldValueInfo") or () if one["IsActive"]]
    if len(fields) != 1 or fields[0]["Key"] != FIELD or fields[0]["CurrentOperationType"] not in OPERATIONS:
        raise NotSupported(
            f"the sandbox updates the field {FIELD} in bulk by {' or '.join(OPERATIONS)} alone"
        )
    operation = fields[0]["CurrentOperationType"]
    values = _values(operation, (fields[0]["Values"] or {}).get("string") or ())
    ids = [int(one) for one in given["Ids"].split(",")]
    job = caller.tenant.start_job(
        given["Context"], operation, values, ids, half=caller.half_done, by=caller.associate_id
    )
    return job.job_id


def _check(caller: Caller, table: str) -> None:
    if caller.world.switches.bulk_right == "refused":
        raise AccessDenied("the functional right to bulk updates is missing")
    if table.casefold() != "person":
        raise NotSupported(f"the sandbox imitates no bulk updates of table {table!r}")


def _values(operation: str, given: Sequence[str | None]) -> Values:
    """Read the values of the field; source and comment may be left out."""
    texts = [one or "" for one in given]
    if operation == "remove":
        if len(texts) <= _PURPOSE_TO_REMOVE:
            raise InvalidArgument("the fifth value names the purpose to remove")
        return {"purpose_id": _id(texts[_PURPOSE_TO_REMOVE])}
    purpose, basis, source, comment = (*texts, "", "", "", "")[:4]
    return {
        "purpose_id": _id(purpose),
        "legal_base_id": _id(basis),
        "source_id": _id(source or "0"),
        "comment": comment,
    }


def _id(text: str) -> int:
    found = _ID.fullmatch(text.strip())
    if found is None:
        raise InvalidArgument("a value is no id")
    return int(found[1] or found[2])


BULK_UPDATE: Agent = {
    "GetAvailableFields": get_available_fields,
    "ExecuteByEntityIds": execute_by_entity_ids,
}
