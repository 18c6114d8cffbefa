"""The DatabaseTable agent: rows of consentperson by the thousand, for system users alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from so_sandbox.agents.caller import Agent, Arguments, Caller
from so_sandbox.agents.carriers import Carrier
from so_sandbox.world.errors import AccessDenied, DbAccess, MassOperationFailed, NotSupported
from so_sandbox.world.mass_writing import Values

SYSTEM = 13
TABLE = "consentperson"
COLUMNS = {
    "consentperson_id": "consentperson_id",
    "person_id": "person_id",
    "consentpurpose_id": "purpose_id",
    "legalbase_id": "legal_base_id",
    "consentsource_id": "source_id",
    "comment": "comment",
}
NATURAL_KEY = ("person_id", "consentpurpose_id")
PROTECTED = frozenset(
    {
        "associate", "batchtask", "config", "credentials", "databasemodel", "ejuser", "email_account",
        "locking", "login", "login_customer", "registry", "sequence", "travelcurrent", "user_attribute",
        "user_candidate",
    }
)  # fmt: skip
_NUMBER = re.compile(r"\[I:(-?\d{1,10})\]|(-?\d{1,10})", re.ASCII)


def insert(caller: Caller, given: Arguments) -> Carrier:
    """Insert rows; the unique index of person and purpose refuses the whole call."""
    rows = _rows(caller, given)
    written = caller.tenant.insert_consents(_half(caller, rows), by=caller.associate_id)
    _fail_if_half(caller)
    return {"Success": True, "Message": "", "Inserts": written}


def upsert(caller: Caller, given: Arguments) -> Carrier:
    """Insert rows or write over those of the same person and purpose."""
    rows = _rows(caller, given)
    keys = tuple(key.casefold() for key in (given["Keys"] or {}).get("string") or ())
    if sorted(keys) != sorted(NATURAL_KEY):
        raise NotSupported(f"the sandbox upserts {TABLE} by the keys {', '.join(NATURAL_KEY)} alone")
    if len({(row["person_id"], row["purpose_id"]) for row in rows}) < len(rows):
        raise MassOperationFailed("the keys do not name one row each")
    unmatched = given["NomatchAction"] or "NoChange"
    told = caller.tenant.upsert_consents(_half(caller, rows), unmatched=unmatched, by=caller.associate_id)
    _fail_if_half(caller)
    actions = [action for _, action in told]
    keys_of = [[f"[I:{row['person_id']}]", f"[I:{row['purpose_id']}]"] for row in rows]
    keys_of += [[]] * (len(told) - len(rows))
    return {
        "Success": True,
        "Message": "",
        "Inserts": actions.count("Inserted"),
        "Updates": actions.count("Updated") + actions.count("ColumnsZeroed"),
        "Deletes": actions.count("Deleted"),
        "RowStatus": [
            {"PrimaryKey": row_id, "Action": action, "RowKeys": of_row}
            for (row_id, action), of_row in zip(told, keys_of, strict=True)
        ]
        if given["ReturnRowStatus"]
        else None,
    }


def _rows(caller: Caller, given: Arguments) -> list[Values]:
    """Read the rows that are meant, or refuse them as a whole."""
    if caller.world.switches.database_table == "restricted":
        raise AccessDenied("the agent DatabaseTable may not be used online")
    if caller.tenant.tables.associates[caller.associate_id].type != SYSTEM:
        raise AccessDenied("mass operations are for system users")
    table = given["TableName"].casefold()
    if table in PROTECTED or table.startswith("erp"):
        raise DbAccess(f"the table {table} is protected")
    if table != TABLE:
        raise NotSupported(f"the sandbox imitates no mass operations of table {table!r}")
    columns = [name.casefold() for name in (given["Columns"] or {}).get("string") or ()]
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or len(set(columns)) < len(columns) or not set(NATURAL_KEY) <= set(columns):
        raise MassOperationFailed(f"these are no columns to write: {', '.join(unknown or columns)}")
    data = (given["Data"] or {}).get("ArrayOfstring") or ()
    return [_row(columns, (cells or {}).get("string") or ()) for cells in data]


def _row(columns: Sequence[str], cells: Sequence[str | None]) -> Values:
    if len(cells) != len(columns):
        raise MassOperationFailed(f"a row has {len(cells)} values for {len(columns)} columns")
    row = {
        COLUMNS[name]: (cell or "") if name == "comment" else _number(cell)
        for name, cell in zip(columns, cells, strict=True)
    }
    if row.pop("consentperson_id", 0):
        raise NotSupported("the sandbox assigns the keys of new rows itself: give 0")
    return row


def _number(cell: str | None) -> int:
    found = _NUMBER.fullmatch((cell or "").strip())
    if found is None:
        raise MassOperationFailed("a value is no number")
    return int(found[1] or found[2])


def _half(caller: Caller, rows: list[Values]) -> list[Values]:
    return rows[: len(rows) // 2] if caller.half_done else rows


def _fail_if_half(caller: Caller) -> None:
    if caller.half_done:
        raise MassOperationFailed("the operation stopped midway, as was asked for by a fault")


DATABASE_TABLE: Agent = {"Insert": insert, "Upsert": upsert}
