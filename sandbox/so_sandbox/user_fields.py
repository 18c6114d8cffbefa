"""Fields of the administrator's own: what she defines and publishes, and what is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from so_sandbox.world.lists import UserField, UserListItem
from so_sandbox.world.rows import Company, Person
from so_sandbox.world.tenant import Tenant

KINDS = ("Number", "ShortText", "LongText", "Date", "UnlimitedDate", "Checkbox", "List", "Decimal")
_TABLES = {"Contact": (35, 36), "Person": (140, 141)}
"""Numbers of the small and the large table of values, by owner."""
_FIRST_FREE = {"LongText": 5, "ShortText": 65, "UnlimitedDate": 65, "Decimal": 105}
"""Where columns without an index begin; all other kinds are whole numbers, from long05 on."""


def add_field(
    tenant: Tenant, owner: str, kind: str, label: str, *, prog_id: str = "", items: Sequence[str] = ()
) -> UserField:
    """Define a field and publish it; without an id for programs of its own it is `SuperOffice:<number>`."""
    if owner not in _TABLES or kind not in KINDS:
        raise ValueError(f"no field {kind} of {owner}; there are {', '.join(KINDS)} of {', '.join(_TABLES)}")
    tables = tenant.tables
    with tenant.change():
        item_id = tables.next_id("udeffield")
        number = 1 + sum(one.owner == owner for one in tables.lists.user_fields.values())
        list_id = tables.next_id("udlistdefinition") if items else 0
        for name in items:
            item = UserListItem(tables.next_id("udlist"), list_id, name)
            tables.lists.user_lists[item.item_id] = item
        column_id = _free_column(tenant, owner, kind)
        field = UserField(item_id, owner, kind, label, prog_id or f"SuperOffice:{number}", column_id, list_id)
        tables.lists.user_fields[item_id] = field
        _publish(tenant, owner)
        return field


def move_fields(tenant: Tenant, owner: str) -> None:
    """Publish an owner's fields anew, each in the column of its neighbour, as the editing of one may do."""
    with tenant.change():
        by_sort: dict[str, list[UserField]] = {}
        for field in tenant.tables.lists.user_fields.values():
            if field.owner == owner:
                by_sort.setdefault(field.column.rstrip("0123456789"), []).append(field)
        for fields in by_sort.values():
            columns, old = [one.column_id for one in fields], [one.column for one in fields]
            for field, column_id in zip(fields, columns[1:] + columns[:1], strict=True):
                field.column_id = column_id
            for row in _rows(tenant, owner):
                held = [(one.column, row.filled.pop(was, None)) for one, was in zip(fields, old, strict=True)]
                row.filled.update((column, value) for column, value in held if value is not None)
        _publish(tenant, owner)


def fill(tenant: Tenant, owner: str, row_id: int, values: Mapping[str, str]) -> None:
    """Fill fields in, by label or id for programs; no event tells of it, and no row is marked as changed."""
    with tenant.change():
        rows: Mapping[int, Person | Company] = (
            tenant.tables.persons if owner == "Person" else tenant.tables.companies
        )
        row = rows.get(row_id)
        if row is None:
            raise ValueError(f"there is no {'person' if owner == 'Person' else 'company'} {row_id}")
        for name, text in values.items():
            field = _named(tenant, owner, name)
            if text:
                row.filled[field.column] = _value(tenant, field, text)
            else:
                row.filled.pop(field.column, None)


def layout(tenant: Tenant, owner: str) -> int:
    """Give the number of an owner's last publication."""
    return int(tenant.tables.preferences.get(_layout(owner), "0"))


def _named(tenant: Tenant, owner: str, name: str) -> UserField:
    fields = [one for one in tenant.tables.lists.user_fields.values() if one.owner == owner]
    for field in fields:
        if name in {field.prog_id, field.label}:
            return field
    raise ValueError(f"no field {name!r}; there are: {', '.join(f'{f.prog_id} ({f.label})' for f in fields)}")


def _value(tenant: Tenant, field: UserField, text: str) -> int | float | str:
    if field.kind == "List":
        for item in tenant.tables.lists.user_lists.values():
            if item.list_id == field.list_id and text in {item.name, str(item.item_id)}:
                return item.item_id
        raise ValueError(f"the list of {field.label} has no item {text!r}")
    if field.kind == "Checkbox":
        return int(text.casefold() in {"1", "true", "yes"})
    if field.kind == "Date":
        day = date.fromisoformat(text)
        return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    if field.kind == "UnlimitedDate":
        return date.fromisoformat(text).strftime("%Y%m%d")
    if field.kind == "Number":
        return int(text)
    return float(text) if field.kind == "Decimal" else text


def _free_column(tenant: Tenant, owner: str, kind: str) -> int:
    small, large = _TABLES[owner]
    table = large if kind == "LongText" else small
    column = table * 256 + _FIRST_FREE.get(kind, 5)
    taken = {one.column_id for one in tenant.tables.lists.user_fields.values()}
    while column in taken:
        column += 1
    return column


def _publish(tenant: Tenant, owner: str) -> None:
    tenant.tables.preferences[_layout(owner)] = str(layout(tenant, owner) + 1)


def _layout(owner: str) -> tuple[str, str]:
    return "System", f"CurrentUdefVersion{owner.lower()}"


def _rows(tenant: Tenant, owner: str) -> Sequence[Person | Company]:
    rows = tenant.tables.persons if owner == "Person" else tenant.tables.companies
    return list(rows.values())
