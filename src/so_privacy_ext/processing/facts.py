"""Turns a person as read from the CRM into the facts that rules may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from so_privacy_ext.model import STORE, AssociateId, InboxEvent, Person, TenantLists
from so_privacy_ext.processing.addresses import domain, keyed_hash, primary
from so_privacy_ext.processing.slices import changed_columns, word
from so_privacy_ext.rules.kept import kept
from so_privacy_ext.rules.law import language_of
from so_privacy_ext.sdk import UNKNOWN, CreatorWord, Facts, Unknown

YOUNG = 60.0
"""Seconds within which the CRM gives a new person a row of its own."""

_EMPLOYEE, _SYSTEM = 0, 13


def gather(
    person: Person,
    events: Sequence[InboxEvent],
    lists: TenantLists,
    own_associate_id: AssociateId | None,
    now: datetime,
) -> Facts:
    """Gather what is known of a person at this moment."""
    store = person.consents.get(STORE)
    country = _country(person, lists)
    address = primary(person.emails)
    return Facts(
        event=word(events),
        changed=changed_columns(events),
        creator=_creator(person, lists, own_associate_id),
        form=lists.forms.get(person.form_id),
        source=store.source if store else None,
        country=country,
        category_id=person.category_id,
        business_id=person.business_id,
        position_id=person.position_id,
        language=_language(person, lists, country),
        company_is_owner=person.company_id in lists.owner_company_ids,
        retired=person.retired,
        is_associate=any(
            associate.person_id == person.person_id and associate.type == _EMPLOYEE and not associate.deleted
            for associate in lists.associates.values()
        ),
        has_email=bool(person.emails),
        email_domain=domain(address) if address else None,
        age=UNKNOWN if person.birth_date is None else _age(person.birth_date, now.date()),
        consents={purpose: (consent.basis, consent.source) for purpose, consent in person.consents.items()},
        wordings=frozenset(purpose.key for purpose in lists.purposes if purpose.has_text),
        fields=person.fields,
    )


def default_row_may_come(person: Person, now: datetime) -> bool:
    """Tell whether she is so new that the CRM's own row may still be on its way."""
    return STORE not in person.consents and (now - person.registered).total_seconds() < YOUNG


def _creator(person: Person, lists: TenantLists, own: AssociateId | None) -> CreatorWord:
    if person.form_id:
        return "form"
    if own is not None and person.registered_associate_id == own:
        return "us"
    associate = lists.associates.get(person.registered_associate_id)
    if associate is not None and associate.type == _SYSTEM:
        return "integration"
    return "erp" if person.erp_linked else "user"


def _country(person: Person, lists: TenantLists) -> str | Unknown:
    country = lists.countries.get(person.country_id or person.company_country_id or 0)
    return country.iso if country is not None and country.iso else UNKNOWN


def _language(person: Person, lists: TenantLists, country: str | Unknown) -> str | Unknown:
    iso = lists.customer_languages.get(person.language_id, "")[:2]
    if iso:
        return "nb" if iso == "no" else iso
    return (language_of(country) or UNKNOWN) if isinstance(country, str) else UNKNOWN


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def to_keep(facts: Facts, address_key: bytes) -> dict[str, Any]:
    """Give facts as they are kept: texts that may name somebody only as hashes under the tenant's key."""
    return kept(facts, lambda text: keyed_hash(text, address_key))
