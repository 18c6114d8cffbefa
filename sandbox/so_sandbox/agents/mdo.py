"""The MDO agent: lists for pickers, with ids and names but no keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from so_sandbox.agents.caller import Agent, Arguments, Caller
from so_sandbox.agents.carriers import Carrier
from so_sandbox.world.errors import InvalidArgument, NotFound
from so_sandbox.world.lists import CULTURES, SOLANGUAGES
from so_sandbox.world.tenant import Tenant


def _item(item_id: int, name: str, extra: str = "", *, rank: int = 0, deleted: bool = False) -> Carrier:
    return {
        "Id": item_id,
        "Name": name,
        "ToolTip": "",
        "Deleted": deleted,
        "Rank": rank,
        "ExtraInfo": extra,
        "FullName": name,
    }


def _cultures(tenant: Tenant, extra: str) -> list[Carrier]:
    del tenant, extra
    return [_item(lcid, culture, culture) for lcid, culture in CULTURES.items()]


def _solanguages(tenant: Tenant, extra: str) -> list[Carrier]:
    del tenant, extra
    return [_item(lcid, CULTURES.get(lcid, code), code) for lcid, code in SOLANGUAGES.items()]


def _sources(tenant: Tenant, extra: str) -> list[Carrier]:
    del extra
    items = tenant.tables.lists.sources.values()
    return [_item(i.item_id, i.name, str(i.mail_template_id), rank=i.rank, deleted=i.deleted) for i in items]


def _templates(tenant: Tenant, extra: str) -> list[Carrier]:
    del extra
    items = tenant.tables.lists.templates.values()
    return [_item(i.item_id, i.name, rank=i.rank, deleted=i.deleted) for i in items if i.privacy]


def _template_languages(tenant: Tenant, extra: str) -> list[Carrier]:
    template = tenant.tables.lists.templates.get(int(extra) if extra.isdigit() else 0)
    if template is None:
        raise InvalidArgument("documenttemplatelanguage wants a template's id as AdditionalInfo")
    return [_item(number, culture, culture) for number, culture in enumerate(template.languages, start=1)]


def _countries(tenant: Tenant, extra: str) -> list[Carrier]:
    del extra
    return [_item(i.item_id, i.name, i.iso) for i in tenant.tables.lists.countries.values()]


def _associates(tenant: Tenant, extra: str) -> list[Carrier]:
    del extra
    rows = tenant.tables.associates.values()
    return [_item(row.associate_id, row.full_name, row.name, deleted=bool(row.deleted)) for row in rows]


def _named(table: str) -> Callable[[Tenant, str], list[Carrier]]:
    def items(tenant: Tenant, extra: str) -> list[Carrier]:
        del extra
        rows = getattr(tenant.tables.lists, table).values()
        return [_item(row.item_id, row.name, rank=row.rank, deleted=row.deleted) for row in rows]

    return items


LISTS: Mapping[str, Callable[[Tenant, str], list[Carrier]]] = {
    "associate": _associates,
    "business": _named("businesses"),
    "category": _named("categories"),
    "consentpurpose": _named("purposes"),
    "consentsource": _sources,
    "country": _countries,
    "culture": _cultures,
    "culturesolanguage": _solanguages,
    "documenttemplatelanguage": _template_languages,
    "legalbase": _named("legal_bases"),
    "perspos": _named("positions"),
    "privacytemplate": _templates,
}


def get_list(caller: Caller, given: Arguments) -> list[Carrier]:
    items = LISTS.get(given["Name"].casefold())
    if items is None:
        raise InvalidArgument(f"the sandbox has no MDO list {given['Name']!r}; it has {', '.join(LISTS)}")
    history = given.get("OnlyHistory", False)
    found = items(caller.tenant, given.get("AdditionalInfo") or "")
    return [] if history else [item for item in found if not item["Deleted"]]


def get_list_item(caller: Caller, given: Arguments) -> Carrier:
    for item in get_list(caller, {"Name": given["ListName"]}):
        if item["Id"] == given["Id"]:
            return item
    raise NotFound(f"MDO list {given['ListName']} has no item {given['Id']}")


MDO: Agent = {"GetList": get_list, "GetSimpleList": get_list, "GetListItem": get_list_item}
