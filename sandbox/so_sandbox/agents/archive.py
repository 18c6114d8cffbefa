"""The Archive agent: a closed list of queries, any other is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from itertools import islice

from so_sandbox.agents.archive_restrictions import Restriction, Value, allows, read, shape
from so_sandbox.agents.archive_tables import TABLES, Table
from so_sandbox.agents.caller import Agent, Arguments, Caller
from so_sandbox.agents.carriers import Carrier
from so_sandbox.world.errors import InvalidArgument, NotSupported

LARGEST_PAGE = 1000
NO_TIME = "[DT:01/01/0001 00:00:00.0000000]"
TIMES = frozenset({"registered", "updated"})
NULLABLE = frozenset(
    {
        "activeerplinks", "bouncecount", "created_by_form_id", "day_of_birth", "dbi_agent_id",
        "month_of_birth", "position_idx", "supportlanguageid", "year_of_birth",
    }
)  # fmt: skip
"""Columns that hold null where they hold nothing, and then are left out of the answer."""
ALL_USERS = ("associatedbid", "assocname", "assoctype")
OWN_USER = "associatedbid currentassociate"


def get_archive_list_by_columns(caller: Caller, given: Arguments) -> list[Carrier]:
    """Answer one page of a query of the closed list, values encoded as the vendor encodes them."""
    provider = given["ProviderName"].casefold()
    columns = [name.strip().casefold() for name in given["Columns"].split(",") if name.strip()]
    if not columns or given["Page"] < 0 or not 0 < given["PageSize"] <= LARGEST_PAGE:
        raise InvalidArgument(f"a query needs columns, a page and a page size of at most {LARGEST_PAGE}")
    with_in = caller.world.switches.archive_in == "accepted"
    restriction = read(given["Restrictions"], with_in=with_in)
    if provider == "allusers":
        return _own_user(caller, columns, restriction)
    if provider != "dynamic":
        raise NotSupported(f"the sandbox does not imitate the archive provider {given['ProviderName']!r}")
    return _query(caller, columns, restriction, given)


def _query(caller: Caller, columns: list[str], restriction: Restriction, given: Arguments) -> list[Carrier]:
    name = columns[0].partition(".")[0]
    table = TABLES.get(name)
    if table is None:
        raise NotSupported(f"the sandbox answers no archive query of table {name!r}")
    _refuse_unknown(name, table, columns, restriction)
    order = _order(name, table, given["SortOrder"])

    read_column = cache(table.reader)

    def passes(row: object) -> bool:
        return allows(restriction, lambda column: read_column(column)(row))

    found = (row for row in table.rows(caller.tenant, restriction) if passes(row))
    ordered = (
        found if order == table.by else iter(sorted(found, key=lambda row: table.value(row, order) or 0))
    )
    start = given["Page"] * given["PageSize"]
    cells = [(column, table.reader(column), _encoder(column.rpartition(".")[2])) for column in columns]
    return [
        {
            "EntityName": name,
            "PrimaryKey": table.value(row, f"{name}.{table.key}"),
            "ColumnData": {
                column: {"DisplayValue": text}
                for column, value_of, encoded in cells
                if (text := encoded(value_of(row))) is not None
            },
        }
        for row in islice(ordered, start, start + given["PageSize"])
    ]


def _refuse_unknown(name: str, table: Table, columns: list[str], restriction: Restriction) -> None:
    for column in columns:
        plain = column.removeprefix(f"{name}.")
        if not column.startswith(f"{name}.") or (plain not in table.columns and column not in table.columns):
            raise NotSupported(f"the sandbox answers no archive query with the column {column!r}")
    if shape(restriction) not in table.shapes:
        raise NotSupported(f"the sandbox answers no archive query restricted by {shape(restriction)!r}")


def _order(name: str, table: Table, asked: str) -> str:
    """Return the column by which the rows are to be ordered, ascending."""
    column, _, direction = " ".join(asked.casefold().split()).partition(" ")
    known = dict.fromkeys(filter(None, (f"{name}.{table.key}", table.by)))
    if direction != "asc" or column not in known:
        may = " or ".join(f"'{one} asc'" for one in known)
        raise NotSupported(f"the sandbox orders {name} only by {may}, not by {asked!r}")
    return column


def _encoder(column: str) -> Callable[[Value], str | None]:
    """Choose how a column's values are written; None leaves the column out, as the vendor does for null."""
    if column in TIMES:
        return _encoded_time
    return _encoded_or_null if column in NULLABLE else _encoded


def _encoded(value: Value) -> str | None:
    if isinstance(value, int):
        return f"[I:{value}]"
    if isinstance(value, float):
        return f"[F:{value!r}]"
    return str(value) if value else None


def _encoded_or_null(value: Value) -> str | None:
    return _encoded(value) if value else None


def _encoded_time(value: Value) -> str:
    if not isinstance(value, datetime):
        return NO_TIME
    text = value.astimezone(UTC).isoformat(timespec="microseconds")
    return f"[DT:{text[5:7]}/{text[8:10]}/{text[:4]} {text[11:26]}0]"


def _own_user(caller: Caller, columns: list[str], restriction: Restriction) -> list[Carrier]:
    if not set(columns) <= set(ALL_USERS) or shape(restriction) != OWN_USER:
        raise NotSupported(f"the sandbox answers AllUsers only for {', '.join(ALL_USERS)} and {OWN_USER!r}")
    row = caller.tenant.tables.associates[caller.associate_id]
    cells = {
        "associatedbid": f"[I:{row.associate_id}]",
        "assocname": row.name,
        "assoctype": f"[I:{row.type}]",
    }
    return [
        {
            "EntityName": "associate",
            "PrimaryKey": row.associate_id,
            "ColumnData": {column: {"DisplayValue": cells[column]} for column in columns},
        }
    ]


ARCHIVE: Agent = {"GetArchiveListByColumns2": get_archive_list_by_columns}
