"""Reads a tenant's lists, whose ids differ from tenant to tenant and whose keys don't."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from so_privacy_ext.model import (
    Associate,
    AssociateId,
    Country,
    LegalBasis,
    Purpose,
    Source,
    Template,
    TenantLists,
)
from so_privacy_ext.superoffice.archive import Column, integer, read_all, text
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.user_fields import read_fields

_PRIVACY = "PersonRegistered"
"""DocTmplPrivacyType of a template that the CRM merges for a privacy confirmation."""

_COUNTRY = (
    Column("country_id", integer),
    Column("abbrev2", text, required=False),
    Column("defaultLcid", integer, required=False),
)
_ASSOCIATE = (
    Column("associate_id", integer),
    Column("type", integer),
    Column("person_id", integer, required=False),
    Column("deleted", integer, required=False),
)
_FORM = (Column("form_id", integer), Column("form_key", text, required=False))
_LANGUAGE = (Column("id", integer), Column("iso_code", text, required=False))
_OWNER = (Column("contact_id", integer),)


def is_strict(client: SoapClient) -> bool:
    """Tell whether the CRM mails marketing only to who has agreed: its strict mode, the tenant's choice."""
    return bool(client.call("GetEmarketingStrictMode"))


def read_lists(client: SoapClient) -> TenantLists:
    """Read every list that a decision, a write or a mail may need."""
    countries = read_all(client, "country", _COUNTRY)
    associates = read_all(client, "associate", _ASSOCIATE)
    return TenantLists(
        purposes=tuple(_purposes(client)),
        bases=tuple(
            LegalBasis(item.LegalBaseId, item.Key or "", deleted=item.Deleted)
            for item in client.items("GetLegalBases")
        ),
        sources=tuple(
            Source(
                item.ConsentSourceId,
                item.Key or "",
                deleted=item.Deleted,
                mail_template_id=item.MailTemplateId,
            )
            for item in client.items("GetConsentSources")
        ),
        templates=tuple(_templates(client)),
        countries={
            row["country_id"]: Country(row["country_id"], row["abbrev2"].strip().upper(), row["defaultLcid"])
            for row in countries
        },
        associates={
            row["associate_id"]: Associate(
                AssociateId(row["associate_id"]),
                type=row["type"],
                person_id=row["person_id"],
                deleted=bool(row["deleted"]),
            )
            for row in associates
        },
        categories=_names(client, "GetCategories"),
        businesses=_names(client, "GetBusinesses"),
        positions=_names(client, "GetPositions"),
        forms={row["form_id"]: row["form_key"] for row in read_all(client, "form", _FORM)},
        customer_languages={
            row["id"]: row["iso_code"].strip().lower() for row in read_all(client, "cust_lang", _LANGUAGE)
        },
        owner_company_ids=frozenset(
            row["contact_id"] for row in read_all(client, "ownercontactlink", _OWNER)
        ),
        cultures={code.lower(): lcid for code, lcid in _lcids(client, "culture")},
        solanguages={code.upper(): lcid for code, lcid in _lcids(client, "culturesolanguage")},
        default_basis=_default_basis(client),
        fields=read_fields(client),
    )


def _purposes(client: SoapClient) -> Iterator[Purpose]:
    for item in client.items("GetConsentPurposes"):
        yield Purpose(
            item.ConsentPurposeId,
            item.Key or "",
            active=bool(item.Active),
            deleted=item.Deleted,
            has_text=bool((item.ConsentText or "").strip()),
        )


def _templates(client: SoapClient) -> Iterator[Template]:
    """Read templates, and the languages of those that may be sent as a notice."""
    for item in client.items("GetAllDocumentTemplates", IncludeDeleted=False):
        is_privacy = item.PrivacyDocType == _PRIVACY
        languages: Iterable[str] = ()
        if is_privacy and not item.Deleted:
            languages = client.items(
                "GetDocumentTemplateLanguages", DocumentTemplateId=item.DocumentTemplateId
            )
        yield Template(
            item.DocumentTemplateId,
            item.Name or "",
            languages=tuple(language for language in languages if language),
            deleted=item.Deleted,
            is_privacy=is_privacy,
        )


def _names(client: SoapClient, operation: str) -> dict[int, str]:
    """Give names by id, with all their languages as the CRM writes them."""
    return {
        item.Id: item.Value or "" for item in client.items(operation) if not getattr(item, "Deleted", False)
    }


def _lcids(client: SoapClient, name: str) -> Iterator[tuple[str, int]]:
    """Give each code of an MDO list whose ids are Windows LCIDs."""
    for item in client.items("GetList", Name=name, ForceFlatList=True, AdditionalInfo="", OnlyHistory=False):
        code = (item.ExtraInfo or "").strip()
        if code and item.Id > 0 and not item.Deleted:
            yield code, item.Id


def _default_basis(client: SoapClient) -> str:
    """Give the key of the basis that the CRM itself gives to new persons; empty if it has none."""
    asked = {"PreferenceSpec": [{"Section": "GDPR", "Key": "GdprDefaultLegalBase"}]}
    found = client.items("GetPreferences", Specifications=asked)
    return next((str(item.RawValue).strip() for item in found if item.RawValue), "")
