"""Rows as the carriers that more than one agent answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from so_sandbox.world.rows import Consent, Person
from so_sandbox.world.tenant import Tenant

USER_TYPES = {0: "InternalAssociate", 1: "ResourceAssociate", 4: "ExternalAssociate", 7: "AnonymousAssociate"}
Carrier = dict[str, Any]


def associate(tenant: Tenant, associate_id: int) -> Carrier | None:
    row = tenant.tables.associates.get(associate_id)
    if row is None:
        return None
    return {
        "AssociateId": row.associate_id,
        "Name": row.name,
        "PersonId": row.person_id,
        "Type": USER_TYPES.get(row.type, "SystemAssociate"),
        "FullName": row.full_name,
        "FormalName": row.full_name,
        "Deleted": bool(row.deleted),
        "UserName": row.name,
    }


def consent_info(tenant: Tenant, row: Consent) -> Carrier:
    lists = tenant.tables.lists
    basis = lists.legal_bases.get(row.legal_base_id)
    purpose = lists.purposes.get(row.purpose_id)
    source = lists.sources.get(row.source_id)
    return {
        "ConsentPersonId": row.consentperson_id,
        "Comment": row.comment,
        "Registered": row.registered,
        "RegisteredAssociateId": row.registered_associate_id,
        "Updated": row.updated,
        "UpdatedAssociateId": row.updated_associate_id,
        "LegalBaseId": row.legal_base_id,
        "LegalBaseKey": basis and basis.key,
        "LegalBaseName": basis and basis.name,
        "ConsentPurposeId": row.purpose_id,
        "ConsentPurposeKey": purpose and purpose.key,
        "ConsentPurposeName": purpose and purpose.name,
        "ConsentSourceId": row.source_id,
        "ConsentSourceKey": source and source.key,
        "ConsentSourceName": source and source.name,
    }


def country(tenant: Tenant, country_id: int) -> Carrier | None:
    row = tenant.tables.lists.countries.get(country_id)
    if row is None:
        return None
    return {
        "CountryId": row.item_id,
        "Name": row.name,
        "EnglishName": row.name,
        "TwoLetterISOCountry": row.iso,
        "DomainName": row.iso.casefold(),
    }


def company(tenant: Tenant, contact_id: int) -> Carrier | None:
    row = tenant.tables.companies.get(contact_id)
    if row is None:
        return None
    lists = tenant.tables.lists
    category, business = lists.categories.get(row.category_idx), lists.businesses.get(row.business_idx)
    place = lists.countries.get(row.country_id)
    return {
        "ContactId": row.contact_id,
        "Name": row.name,
        "FullName": row.name,
        "AssociateId": row.associate_id,
        "CountryId": row.country_id,
        "CountryName": place and place.name,
        "CategoryName": category and category.name,
        "BusinessName": business and business.name,
        "IsOwnerContact": row.owner,
    }


def full_name(person: Person) -> str:
    return f"{person.firstname} {person.lastname}".strip()


def birth_date(person: Person) -> datetime | None:
    """Return the birth date as the carrier has it: year 2 when only day and month are known."""
    if not person.month_of_birth or not person.day_of_birth:
        return None
    return datetime(person.year_of_birth or 2, person.month_of_birth, person.day_of_birth, tzinfo=UTC)
