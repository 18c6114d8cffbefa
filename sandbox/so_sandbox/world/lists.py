"""The lists of a tenant: purposes, legal bases, sources, templates, countries and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Purpose:
    item_id: int
    key: str
    name: str
    consent_text: str = ""
    form_text: str = ""
    active: int = 1
    deleted: bool = False
    rank: int = 0
    updated: datetime | None = None


@dataclass(slots=True)
class LegalBase:
    item_id: int
    key: str
    name: str
    deleted: bool = False
    rank: int = 0


@dataclass(slots=True)
class Source:
    item_id: int
    key: str
    name: str
    mail_template_id: int = 0
    deleted: bool = False
    rank: int = 0


@dataclass(slots=True)
class Template:
    """A document template; `wording` holds subject and HTML per ISO culture."""

    item_id: int
    name: str
    wording: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    privacy: bool = True
    deleted: bool = False
    rank: int = 0

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.wording)


@dataclass(frozen=True, slots=True)
class Country:
    item_id: int
    name: str
    iso: str
    default_lcid: int


@dataclass(slots=True)
class NamedItem:
    """An item of a list that has only a name: category, business, position."""

    item_id: int
    name: str
    deleted: bool = False
    rank: int = 0


@dataclass(frozen=True, slots=True)
class CustomerLanguage:
    item_id: int
    code: str
    iso: str


@dataclass(frozen=True, slots=True)
class Form:
    item_id: int
    key: str
    name: str


@dataclass(slots=True)
class UserField:
    """A published field of the administrator's own, of persons or of companies."""

    item_id: int
    owner: str
    """`Person` or `Contact`."""
    kind: str
    """A UDefFieldType, such as `Number`."""
    label: str
    prog_id: str
    column_id: int
    list_id: int = 0
    """Of a list: its definition."""

    @property
    def column(self) -> str:
        """Give its column as seen from its owner's table."""
        return column_name(self.kind, self.column_id & 255)


def column_name(kind: str, number: int) -> str:
    """Name a column of the tables that hold user-defined fields by its number there."""
    if kind == "LongText":
        return f"userdef2_id.string{40 + number}"
    for name, first, last in UD_COLUMNS:
        if first <= number <= last:
            return f"userdef_id.{name}{number - first + 1:02}"
    raise ValueError(f"no column {number}")


UD_COLUMNS = (("long", 1, 60), ("string", 61, 100), ("double", 101, 110))
"""Columns of udpersonsmall and udcontactsmall by number; those of the large ones are string41 to string49."""


@dataclass(frozen=True, slots=True)
class UserListItem:
    """An item of a list of the administrator's own."""

    item_id: int
    list_id: int
    name: str
    deleted: int = 0


@dataclass(slots=True)
class Lists:
    """All lists of a tenant by item id."""

    purposes: dict[int, Purpose] = field(default_factory=dict)
    legal_bases: dict[int, LegalBase] = field(default_factory=dict)
    sources: dict[int, Source] = field(default_factory=dict)
    templates: dict[int, Template] = field(default_factory=dict)
    countries: dict[int, Country] = field(default_factory=dict)
    categories: dict[int, NamedItem] = field(default_factory=dict)
    businesses: dict[int, NamedItem] = field(default_factory=dict)
    positions: dict[int, NamedItem] = field(default_factory=dict)
    languages: dict[int, CustomerLanguage] = field(default_factory=dict)
    forms: dict[int, Form] = field(default_factory=dict)
    user_fields: dict[int, UserField] = field(default_factory=dict)
    user_lists: dict[int, UserListItem] = field(default_factory=dict)


CULTURES: Mapping[int, str] = {
    1030: "da",
    1044: "no",
    1053: "sv",
    1033: "en-US",
    2057: "en-GB",
    1031: "de",
    1035: "fi",
    1043: "nl",
    1036: "fr",
}
"""LCID to ISO culture, as the MDO list `culture` has them."""

SOLANGUAGES: Mapping[int, str] = {
    1033: "US",
    1044: "NO",
    1053: "SW",
    1030: "DA",
    1035: "FI",
    1043: "NL",
    1031: "GE",
    2055: "CH",
    1036: "FR",
    1040: "IT",
    1034: "SP",
    1045: "PL",
    1029: "CZ",
    1049: "RU",
    2052: "CN",
    1041: "JP",
    1042: "KO",
    1046: "BR",
    1066: "VI",
    1058: "UK",
}
"""LCID to the vendor's own language code, as the MDO list `culturesolanguage` has them."""

SOLANG_OF_ISO: Mapping[str, str] = {
    "da": "DA",
    "no": "NO",
    "nb": "NO",
    "nn": "NO",
    "sv": "SW",
    "en": "US",
    "de": "GE",
    "fi": "FI",
    "nl": "NL",
    "fr": "FR",
}
"""The first part of an ISO culture to the vendor's language code."""


def solang(culture: str) -> str:
    """Return the vendor's language code of an ISO culture, or nothing."""
    return SOLANG_OF_ISO.get(culture.partition("-")[0].casefold(), "")
