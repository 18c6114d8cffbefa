"""A person as the Person agent's two carriers, and back."""

from __future__ import annotations

from so_sandbox.agents.carriers import (
    Carrier,
    associate,
    birth_date,
    company,
    consent_info,
    country,
    full_name,
)
from so_sandbox.world.lists import NamedItem
from so_sandbox.world.rows import Person
from so_sandbox.world.tenant import Tenant

UNKNOWN_YEAR = 2


def entity(tenant: Tenant, person: Person) -> Carrier:
    """Give the whole PersonEntity; category, business and owner only for persons without a company."""
    lists = tenant.tables.lists
    emails = tenant.emails(person.person_id)
    alone = not person.contact_id
    language = lists.languages.get(person.support_language_id)
    category = lists.categories.get(person.category_idx) if alone else None
    return {
        "PersonId": person.person_id,
        "Firstname": person.firstname,
        "MiddleName": "",
        "Lastname": person.lastname,
        "Title": person.title,
        "UpdatedDate": person.updated,
        "CreatedDate": person.registered,
        "BirthDate": birth_date(person),
        "CreatedBy": associate(tenant, person.registered_associate_id),
        "UpdatedBy": associate(tenant, person.updated_associate_id),
        "Emails": [
            {"Value": row.email_address, "StrippedValue": row.email_address.casefold()}
            for row in emails
            if row.type == 0
        ],
        "IsAssociate": _is_associate(tenant, person),
        "PrivatePhones": [],
        "Faxes": [],
        "MobilePhones": [],
        "OfficePhones": [],
        "OtherPhones": [],
        "Position": _named(lists.positions.get(person.position_idx)),
        "Contact": company(tenant, person.contact_id),
        "Country": country(tenant, person.country_id),
        "FullName": full_name(person),
        "FormalName": full_name(person),
        "NoMailing": bool(person.nomailing),
        "Retired": bool(person.retired),
        "Category": _named(category) and {**(_named(category) or {}), "CategoryGroup": "Unknown"},
        "Business": _named(lists.businesses.get(person.business_idx) if alone else None),
        "Associate": associate(tenant, person.associate_id) if alone else None,
        "CustomerLanguage": language and {"Id": language.item_id, "Value": language.code},
        "ActiveInterests": person.active_interests,
        "DbiAgentId": person.dbi_agent_id,
        "Source": person.source,
        "ActiveErpLinks": person.active_erp_links,
        "Consents": [consent_info(tenant, row) for row in tenant.consents(person.person_id)],
        "BounceEmails": [row.email_address for row in emails if row.bounce_count],
        "CreatedByFormId": person.created_by_form_id,
    }


def flat(tenant: Tenant, person: Person) -> Carrier:
    """Give the read-only Person of GetPerson and GetPersonList."""
    emails = tenant.emails(person.person_id)
    employer = tenant.tables.companies.get(person.contact_id)
    owner = tenant.tables.associates.get(person.associate_id)
    return {
        "PersonId": person.person_id,
        "Firstname": person.firstname,
        "Lastname": person.lastname,
        "Title": person.title,
        "Email": emails[0].email_address if emails else "",
        "FullName": full_name(person),
        "FormalName": full_name(person),
        "CountryId": person.country_id,
        "ContactId": person.contact_id,
        "ContactName": employer.name if employer else "",
        "ContactFullName": employer.name if employer else "",
        "ContactCountryId": employer.country_id if employer else 0,
        "Retired": person.retired,
        "AssociateName": owner.name if owner else "",
        "AssociateId": person.associate_id,
        "ActiveErpLinks": person.active_erp_links,
        "SupportLanguageId": person.support_language_id,
    }


def written_columns(carrier: Carrier) -> dict[str, object]:
    """Read the columns that a PersonEntity sets; what it leaves out is not touched."""
    columns: dict[str, object] = {}
    for field, column in (("Firstname", "firstname"), ("Lastname", "lastname"), ("Title", "title")):
        if carrier.get(field) is not None:
            columns[column] = carrier[field]
    for field, key, column in (
        ("Contact", "ContactId", "contact_id"),
        ("Country", "CountryId", "country_id"),
        ("Category", "Id", "category_idx"),
        ("Business", "Id", "business_idx"),
        ("Position", "Id", "position_idx"),
        ("CustomerLanguage", "Id", "support_language_id"),
    ):
        if carrier.get(field):
            columns[column] = carrier[field].get(key) or 0
    for field, column in (("Retired", "retired"), ("NoMailing", "nomailing")):
        if carrier.get(field) is not None:
            columns[column] = int(carrier[field])
    if carrier.get("CreatedByFormId"):
        columns["created_by_form_id"] = carrier["CreatedByFormId"]
    born = carrier.get("BirthDate")
    if born is not None and born.year >= UNKNOWN_YEAR:
        columns["year_of_birth"] = 0 if born.year == UNKNOWN_YEAR else born.year
        columns["month_of_birth"], columns["day_of_birth"] = born.month, born.day
    return columns


def _is_associate(tenant: Tenant, person: Person) -> bool:
    return any(
        row.person_id == person.person_id and row.type == 0 and not row.deleted
        for row in tenant.tables.associates.values()
    )


def _named(item: NamedItem | None) -> Carrier | None:
    return None if item is None else {"Id": item.item_id, "Value": item.name, "Tooltip": ""}
