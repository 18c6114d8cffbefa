"""The UserDefinedFieldInfo agent: the published fields of persons and companies, to be read alone."""

from __future__ import annotations

from so_sandbox.agents.caller import Agent, Arguments, Caller
from so_sandbox.agents.carriers import Carrier
from so_sandbox.user_fields import layout
from so_sandbox.world.errors import NotFound
from so_sandbox.world.lists import UserField


def _carrier(field: UserField, version: int) -> Carrier:
    return {
        "UDefFieldId": field.item_id,
        "ColumnId": field.column_id,
        "FieldDefault": "",
        "FieldLabel": field.label,
        "FieldType": field.kind,
        "Type": field.owner,
        "ProgId": field.prog_id,
        "ShortLabel": field.label,
        "Tooltip": "",
        "UdefIdentity": field.item_id,
        "UDListDefinitionId": field.list_id,
        "Justification": "Default",
        "Version": version,
        "HasBeenPublished": True,
        "MdoListName": f"udlist{field.list_id}" if field.list_id else "",
    }


def get_list(caller: Caller, given: Arguments) -> list[Carrier]:
    owner = given["OwnerType"]
    fields = caller.tenant.tables.lists.user_fields.values()
    return [_carrier(one, layout(caller.tenant, owner)) for one in fields if one.owner == owner]


def get_by_prog_id(caller: Caller, given: Arguments) -> Carrier:
    return _one(caller, given, "ProgId", given["ProgId"])


def get_by_label(caller: Caller, given: Arguments) -> Carrier:
    return _one(caller, given, "FieldLabel", given["FieldLabel"])


def _one(caller: Caller, given: Arguments, name: str, value: str) -> Carrier:
    for one in get_list(caller, given):
        if one[name] == value:
            return one
    raise NotFound(f"no field of {given['OwnerType']} has the {name} {value!r}")


USER_DEFINED_FIELD_INFO: Agent = {
    "GetPublishedUserDefinedFieldFromFieldLabel": get_by_label,
    "GetPublishedUserDefinedFieldFromProgId": get_by_prog_id,
    "GetPublishedUserDefinedFieldList": get_list,
    "GetUserDefinedFieldList": get_list,
}
