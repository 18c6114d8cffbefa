"""Reads persons in batches: who she is, her addresses, her company's country, and where she was merged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from so_privacy_ext.model import (
    AssociateId,
    Consent,
    EmailAddress,
    Glance,
    Mark,
    Person,
    PersonId,
    TenantLists,
    UserField,
    last_change,
)
from so_privacy_ext.superoffice import faults, user_fields
from so_privacy_ext.superoffice.archive import Column, Row, integer, moment, read, read_by_ids, text
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.list_cache import Stranger
from so_privacy_ext.superoffice.spans import read_rows

PERSON = (
    Column("person_id", integer),
    Column("contact_id", integer),
    Column("country_id", integer),
    Column("category_idx", integer),
    Column("business_idx", integer),
    Column("position_idx", integer, required=False),
    Column("retired", integer, required=False),
    Column("registered", moment),
    Column("registered_associate_id", integer),
    Column("updated", moment),
    Column("updated_associate_id", integer),
    Column("updatedCount", integer),
    Column("created_by_form_id", integer, required=False),
    Column("supportLanguageId", integer, required=False),
    Column("year_of_birth", integer, required=False),
    Column("month_of_birth", integer, required=False),
    Column("day_of_birth", integer, required=False),
    Column("activeErpLinks", integer, required=False),
    Column("dbi_agent_id", integer, required=False),
)
EMAIL = (
    Column("email_id", integer),
    Column("person_id", integer, required=False),
    Column("email_address", text),
    Column("type", integer),
    Column("rank", integer),
    Column("bounceCount", integer, required=False),
    Column("updated", moment),
)
COMPANY = (
    Column("contact_id", integer),
    Column("country_id", integer),
    Column("associate_id", integer),
)
_COUNTED = (Column("person_id", integer), Column("updatedCount", integer))
_NUMBERED = (Column("email_id", integer), Column("person_id", integer, required=False))
_MERGE = (
    Column("mergemovelog_id", integer),
    Column("sourceRecord", integer),
    Column("destinationRecord", integer),
)
_COUNTER = (Column("next_id", integer), Column("tablename", text))
_MAIL = 0
"""email.type: 1 is chat, 2 is voice."""
_PERSON_TABLE = "mergemovelog.tableNumber = 6"


def read_persons(
    client: SoapClient,
    ids: Sequence[PersonId],
    read_consents: Callable[[Sequence[PersonId]], Mapping[PersonId, Mapping[str, Consent]]],
    fields: Sequence[UserField] = (),
) -> dict[PersonId, Person]:
    """Read persons; who was deleted or merged away is absent, though rows of hers may still be there.

    Of user-defined fields those that are asked for are read, hers in the same call as the rest of her row.
    """
    rows = _rows(client, (*PERSON, *user_fields.columns(fields, "person")), ids)
    if not rows:
        return {}
    here = list(rows)
    emails = read_rows(client, "email", EMAIL, here)
    consents = read_consents(here)
    companies = read_companies(client, companies_asked(rows.values(), fields), fields)
    return made(rows, emails, consents, companies, fields)


def glance(
    client: SoapClient,
    ids: Sequence[PersonId],
    read_consents: Callable[[Sequence[PersonId]], Mapping[PersonId, Mapping[str, Consent]]],
) -> dict[PersonId, Glance]:
    """Read of persons only what tells whether they have changed: a sixth of their columns, and no company."""
    rows = _rows(client, _COUNTED, ids)
    if not rows:
        return {}
    last_ids = _last_ids(read_rows(client, "email", _NUMBERED, list(rows)))
    consents = read_consents(list(rows))
    return {
        one: Glance(
            Mark(row["updatedCount"], last_ids.get(one, 0), last_change(consents[one].values())),
            consents[one],
        )
        for one, row in rows.items()
    }


def made(
    rows: Mapping[PersonId, Row],
    email_rows: Sequence[Row],
    consents: Mapping[PersonId, Mapping[str, Consent]],
    companies: Mapping[int, Row],
    fields: Sequence[UserField] = (),
) -> dict[PersonId, Person]:
    """Make persons of their rows in each table."""
    emails, last_ids = _emails(email_rows, rows), _last_ids(email_rows)
    return {
        person_id: _person(
            row,
            tuple(emails[person_id]),
            consents[person_id],
            companies,
            last_email_id=last_ids.get(person_id, 0),
            fields=fields,
        )
        for person_id, row in rows.items()
    }


def merged_into(client: SoapClient, ids: Sequence[PersonId]) -> dict[PersonId, PersonId]:
    """Tell into whom persons who are gone were merged; the last merge counts."""
    unique = list(dict.fromkeys(one for one in ids if one > 0))
    rows = read_by_ids(client, "mergemovelog", _MERGE, "sourceRecord", unique, also=_PERSON_TABLE)
    return {PersonId(row["sourceRecord"]): PersonId(row["destinationRecord"]) for row in rows}


def next_person_id(client: SoapClient) -> int:
    """Give the number that the next person will have."""
    rows = read(client, "sequence", _COUNTER, "sequence.tablename = 'person'")
    found = [row["next_id"] for row in rows if row["tablename"].lower() == "person"]
    if len(found) != 1:
        raise faults.protocol("Archive.sequence", "no counter of persons")
    return int(found[0])


def strangers(persons: Iterable[Person], lists: TenantLists) -> Iterator[Stranger]:
    """Give what persons refer to and the lists don't have, such as a login that was made today."""
    for person in persons:
        writers = {
            row.updated_associate_id or row.registered_associate_id for row in person.consents.values()
        }
        for name, ids, known in (
            ("associate", {person.registered_associate_id, *writers}, lists.associates),
            ("form", {person.form_id}, lists.forms),
            ("country", {person.country_id, person.company_country_id or 0}, lists.countries),
            ("cust_lang", {person.language_id}, lists.customer_languages),
        ):
            yield from ((name, one) for one in ids if one and one not in known)


def companies_asked(rows: Iterable[Row], fields: Iterable[UserField] = ()) -> list[int]:
    """Name the companies that are asked for: those of persons without a country of their own.

    All of them, where fields of companies are asked for.
    """
    every = any(one.owner == "company" for one in fields)
    return sorted(
        {row["contact_id"] for row in rows if row["contact_id"] and (every or not row["country_id"])}
    )


def read_companies(client: SoapClient, ids: Sequence[int], fields: Sequence[UserField]) -> dict[int, Row]:
    """Read companies by id, with their country and those of these fields that are a company's."""
    found = read_by_ids(client, "contact", company_columns(fields), "contact_id", ids)
    return {row["contact_id"]: row for row in found}


def company_columns(fields: Sequence[UserField]) -> tuple[Column, ...]:
    """Give the columns that are read of a company."""
    return (*COMPANY, *user_fields.columns(fields, "company"))


def _rows(client: SoapClient, columns: Sequence[Column], ids: Sequence[PersonId]) -> dict[PersonId, Row]:
    """Read the rows of persons; who is gone is absent."""
    asked = dict.fromkeys(one for one in ids if one > 0)
    found = read_rows(client, "person", columns, list(asked))
    return {PersonId(row["person_id"]): row for row in found if row["person_id"] in asked}


def _last_ids(rows: Iterable[Row]) -> dict[PersonId, int]:
    """Give the highest id among all addresses of each person."""
    last_ids: dict[PersonId, int] = {}
    for row in rows:
        person_id = PersonId(row["person_id"])
        last_ids[person_id] = max(last_ids.get(person_id, 0), row["email_id"])
    return last_ids


def _emails(rows: Sequence[Row], ids: Iterable[PersonId]) -> dict[PersonId, list[EmailAddress]]:
    """Give the mail addresses of persons."""
    found: dict[PersonId, list[EmailAddress]] = {person_id: [] for person_id in ids}
    for row in sorted(rows, key=lambda row: (row["rank"], row["email_id"])):
        if row["type"] == _MAIL and row["email_address"].strip() and row["person_id"] in found:
            found[PersonId(row["person_id"])].append(
                EmailAddress(row["email_address"], rank=row["rank"], bounce_count=row["bounceCount"])
            )
    return found


def _person(
    row: Row,
    emails: tuple[EmailAddress, ...],
    consents: Mapping[str, Consent],
    companies: Mapping[int, Row],
    *,
    last_email_id: int,
    fields: Sequence[UserField],
) -> Person:
    if row["registered"] is None:
        raise faults.protocol("Archive.person", "a person without a time")
    company = companies.get(row["contact_id"])
    return Person(
        person_id=PersonId(row["person_id"]),
        company_id=row["contact_id"],
        company_country_id=None if company is None or row["country_id"] else company["country_id"],
        country_id=row["country_id"],
        category_id=row["category_idx"],
        business_id=row["business_idx"],
        position_id=row["position_idx"],
        retired=bool(row["retired"]),
        registered=row["registered"],
        registered_associate_id=AssociateId(row["registered_associate_id"]),
        updated=row["updated"],
        updated_count=row["updatedCount"],
        form_id=row["created_by_form_id"],
        language_id=row["supportLanguageId"],
        birth_date=_birth_date(row),
        erp_linked=bool(row["activeErpLinks"] or row["dbi_agent_id"]),
        emails=emails,
        consents=consents,
        last_email_id=last_email_id,
        fields={
            **user_fields.values(fields, "person", row),
            **user_fields.values(fields, "company", company),
        },
    )


def _birth_date(row: Row) -> date | None:
    """Give a date only when all of it is known; 0 = not given."""
    year, month, day = row["year_of_birth"], row["month_of_birth"], row["day_of_birth"]
    try:
        return date(year, month, day)
    except ValueError:
        return None
