"""Creates an item of a privacy list, brings it back, and marks it deleted, as SOAP can't delete one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from so_privacy_ext.errors import CrmFailure, Exit, Fault, NoOp, Refused
from so_privacy_ext.model import ListItem
from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.archive import Column, integer, read
from so_privacy_ext.superoffice.client import SoapClient

_LANGUAGES: Mapping[str, str] = MappingProxyType({
    "da": "DA", "nb": "NO", "nn": "NO", "no": "NO", "sv": "SW", "en": "US", "de": "GE", "fi": "FI",
    "nl": "NL", "fr": "FR", "it": "IT", "es": "SP", "pl": "PL", "cs": "CZ", "ru": "RU", "zh": "CN",
    "ja": "JP", "ko": "KO", "pt": "BR", "vi": "VI", "uk": "UK",
})  # fmt: skip
"""ISO 639 → the CRM's own code of a language."""


@dataclass(frozen=True, slots=True)
class _List:
    """How one list is spelt on the wire; `kept` are the fields that are written back as they were read."""

    carrier: str
    id_field: str
    kept: tuple[str, ...]
    fresh: Mapping[str, Any]
    """What a new item has beside name, key and rank."""
    id_column: str
    """Of table consentperson."""
    preferences: tuple[str, ...]
    """Of section GDPR, those that may name an item."""


_LISTS: Mapping[str, _List] = {
    "source": _List(
        "ConsentSource",
        "ConsentSourceId",
        ("Name", "Tooltip", "Rank", "Key", "MailTemplateId"),
        {"Tooltip": "", "MailTemplateId": 0},
        "consentSource_id",
        ("GdprDefaultSource", "NoMailings_ConsentSourceKey", "ImportConsentSource"),
    ),
    "purpose": _List(
        "ConsentPurpose",
        "ConsentPurposeId",
        (
            "Name", "ConsentText", "FormText", "Key", "Tooltip", "Active", "Rank", "PrivacyStatementDesc",
            "PrivacyStatementUrl",
        ),
        {"Tooltip": "", "ConsentText": "", "FormText": "", "Active": 1},
        "consentPurpose_id",
        ("NoMailings_ConsentPurposeKey",),
    ),
}  # fmt: skip


def last_rank(client: SoapClient, kind: str) -> int:
    """Give the rank of a list's last item."""
    return max((item.Rank or 0 for item in _standing(client, kind)), default=0)


def find(client: SoapClient, kind: str) -> dict[str, int]:
    """Give the ids of the items of a list by key, without those that are deleted."""
    return {item.Key: getattr(item, _LISTS[kind].id_field) for item in _standing(client, kind) if item.Key}


def create(client: SoapClient, item: ListItem, known_id: int | None, *, rank: int) -> int:
    """Create an item that the tenant does not show, or bring back the deleted one of that id; give its id."""
    spelt = _LISTS[item.kind]
    old = None if known_id is None else _read(client, item.kind, known_id)
    if old is not None and old.Key == item.key:
        return _save(client, item.kind, item.key, {**_as_it_is(spelt, old), "Deleted": False})
    fresh = {
        **spelt.fresh,
        spelt.id_field: 0,
        "Name": written(item.names),
        "Key": item.key,
        "Rank": rank,
        "Deleted": False,
    }
    try:
        return _save(client, item.kind, item.key, fresh)
    except NoOp as taken:
        raise Refused(
            "list_item_taken",
            f"another {item.kind} of the tenant's, perhaps deleted, has the key or name of {item.key}",
            "restore or rename it in SuperOffice, then install again",
            Exit.CANT_CREATE,
        ) from taken


def retire(client: SoapClient, kind: str, key: str, item_id: int) -> bool:
    """Mark an item of ours deleted; False if it is so already, gone, or somebody gave it another key."""
    old = _read(client, kind, item_id)
    if old is None or old.Deleted or old.Key != key:
        return False
    _save(client, kind, key, {**_as_it_is(_LISTS[kind], old), "Deleted": True})
    return True


def used(client: SoapClient, kind: str, items: Mapping[int, str]) -> dict[int, str]:
    """Say of items, given by id with their keys, what uses them: persons' consents, or a default.

    A page of consents may hold one item alone, so what was found is left out and the rest asked for again.
    """
    column = _LISTS[kind].id_column
    found: dict[int, str] = {}
    while open_ids := [item_id for item_id in items if item_id not in found]:
        condition = f"consentperson.{column} in ({','.join(map(str, open_ids))})"
        columns = (Column("consentperson_id", integer), Column(column, integer))
        seen = {row[column] for row in read(client, "consentperson", columns, condition)}
        if not seen & set(open_ids):
            break
        found |= dict.fromkeys(seen, "persons have consents with it")
    asked = [{"Section": "GDPR", "Key": name} for name in _LISTS[kind].preferences]
    preferences = client.items("GetPreferences", Specifications={"PreferenceSpec": asked})
    values = {str(one.RawValue or "").strip() for one in preferences}
    for item_id, key in items.items():
        if values & {key, str(item_id)}:
            found.setdefault(item_id, "it is a default of the tenant's")
    return found


def written(names: Mapping[str, str]) -> str:
    """Write a name the CRM's way, `DA:"Visitkort";US:"Business card"`; one text for all stands alone.

    A double quote would end the text early, so a typographic one stands for it.
    """
    parts = {
        _LANGUAGES[language]: text.replace('"', "\N{RIGHT DOUBLE QUOTATION MARK}")
        for language, text in names.items()
        if language in _LANGUAGES
    }
    if not parts:
        return next(iter(names.values()))
    return ";".join(f'{code}:"{text}"' for code, text in parts.items())


def _standing(client: SoapClient, kind: str) -> list[Any]:
    return [item for item in client.items(f"Get{_LISTS[kind].carrier}s") if not item.Deleted]


def _read(client: SoapClient, kind: str, item_id: int) -> Any:
    """Read one item, deleted or not; None if there is none of that id."""
    spelt = _LISTS[kind]
    try:
        return client.call(f"Get{spelt.carrier}", **{spelt.id_field: item_id})
    except CrmFailure as failure:
        if failure.fault is Fault.NOT_FOUND:
            return None
        raise


def _save(client: SoapClient, kind: str, key: str, content: Mapping[str, Any]) -> int:
    spelt = _LISTS[kind]
    operation = f"Save{spelt.carrier}"
    saved = client.call(operation, **{spelt.carrier: content})
    item_id = int(getattr(saved, spelt.id_field))
    if saved.Key != key or saved.Deleted != content["Deleted"] or item_id <= 0:
        raise faults.protocol(f"List.{operation}", "another item came back")
    return item_id


def _as_it_is(spelt: _List, item: Any) -> dict[str, Any]:
    return {field: getattr(item, field) for field in (spelt.id_field, *spelt.kept)}
