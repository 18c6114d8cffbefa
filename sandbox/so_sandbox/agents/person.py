"""The Person agent: consents and the privacy mail, persons by id."""

from __future__ import annotations

from typing import Any

from so_sandbox.agents.caller import Agent, Arguments, Caller
from so_sandbox.agents.carriers import Carrier, consent_info
from so_sandbox.agents.person_carriers import entity, flat, written_columns


def get_person_entity(caller: Caller, given: Arguments) -> Carrier:
    return entity(caller.tenant, caller.tenant.person(given["PersonEntityId"]))


def create_default_person_entity(caller: Caller, given: Arguments) -> Carrier:
    del caller, given
    return {}


def save_person_entity(caller: Caller, given: Arguments) -> Carrier:
    """Create or change a person; consents that the carrier leaves out stay as they are."""
    carrier: Carrier = given["PersonEntity"] or {}
    tenant = caller.tenant
    with tenant.change():
        columns: dict[str, Any] = written_columns(carrier)
        if carrier.get("PersonId"):
            person = tenant.change_person(carrier["PersonId"], by=caller.associate_id, **columns)
        else:
            person = tenant.create_person(channel="API", by=caller.associate_id, **columns)
        emails = carrier.get("Emails")
        if emails is not None:
            values = [item.get("Value") or "" for item in emails.get("EntityElement") or ()]
            tenant.set_emails(person.person_id, [value for value in values if value])
        for info in (carrier.get("Consents") or {}).get("ConsentInfo") or ():
            tenant.set_consent(
                person.person_id,
                info.get("ConsentPurposeKey") or "",
                info.get("LegalBaseKey") or "",
                info.get("ConsentSourceKey") or "",
                info.get("Comment") or "",
                by=caller.associate_id,
            )
        return entity(tenant, person)


def delete_person_entity(caller: Caller, given: Arguments) -> None:
    caller.tenant.soft_delete(given["PersonEntityId"], by=caller.associate_id)


def get_person(caller: Caller, given: Arguments) -> Carrier:
    return flat(caller.tenant, caller.tenant.person(given["PersonId"]))


def get_person_list(caller: Caller, given: Arguments) -> list[Carrier]:
    tenant = caller.tenant
    rows = (tenant.tables.persons.get(person_id) for person_id in (given["PersonIds"] or {}).get("int") or ())
    return [flat(tenant, row) for row in rows if row is not None and row.deleted_date is None]


def get_consent_infos(caller: Caller, given: Arguments) -> list[Carrier]:
    tenant, person_id = caller.tenant, given["PersonId"]
    tenant.person(person_id)
    return [consent_info(tenant, row) for row in tenant.consents(person_id)]


def set_consent(caller: Caller, given: Arguments) -> None:
    caller.tenant.set_consent(
        given["PersonId"],
        given["Purpose"],
        given["LegalBase"],
        given["Source"],
        given["Comment"],
        by=caller.associate_id,
    )


def remove_consent(caller: Caller, given: Arguments) -> None:
    caller.tenant.remove_consent(given["PersonId"], given["Purpose"], by=caller.associate_id)


def has_consent(caller: Caller, given: Arguments) -> bool:
    return caller.tenant.has_consent(given["PersonId"], given["Purpose"])


def get_consent_person(caller: Caller, given: Arguments) -> Carrier:
    row = caller.tenant.consent_row(given["ConsentPersonId"])
    info = consent_info(caller.tenant, row)
    nested = {
        carrier: {f"{carrier}Id": item_id, "Key": info[f"{prefix}Key"], "Name": info[f"{prefix}Name"]}
        for carrier, prefix, item_id in (
            ("ConsentSource", "ConsentSource", row.source_id),
            ("LegalBase", "LegalBase", row.legal_base_id),
            ("ConsentPurpose", "ConsentPurpose", row.purpose_id),
        )
    }
    return {
        "ConsentPersonId": row.consentperson_id,
        "PersonId": row.person_id,
        "Comment": row.comment,
        **nested,
    }


def delete_consent_person(caller: Caller, given: Arguments) -> None:
    caller.tenant.delete_consent(given["ConsentPersonId"], by=caller.associate_id)


def send_consent_confirmation_email(caller: Caller, given: Arguments) -> None:
    caller.tenant.send_privacy_mail(
        given["PersonId"],
        address=given["EmailAddress"],
        template_id=given["EmailTemplateId"],
        lcid=given["CultureLcidId"],
        subject=given["Subject"],
        by=caller.associate_id,
    )


def get_best_so_language_for_template(caller: Caller, given: Arguments) -> str:
    return caller.tenant.best_solang(given["PersonId"], given["TemplateId"])


def add_email_address_to_person(caller: Caller, given: Arguments) -> None:
    caller.tenant.add_email(given["PersonId"], given["EmailAddress"], primary=given["SetAsPrimaryEmail"])


def add_bounce(caller: Caller, given: Arguments) -> None:
    caller.tenant.add_bounce(given["EmailAddress"])


def undelete(caller: Caller, given: Arguments) -> None:
    caller.tenant.undelete(given["Id"], by=caller.associate_id)


def merge(caller: Caller, given: Arguments) -> None:
    """Merge two persons; activities are moved whatever their date."""
    caller.tenant.merge(
        given["SourcePersonId"],
        given["DestinationPersonId"],
        delete_source=given["DeleteSource"],
        fill_empty=given["ReplaceEmptyFieldsOnDestination"],
        by=caller.associate_id,
    )


PERSON: Agent = {
    "GetPersonEntity": get_person_entity,
    "CreateDefaultPersonEntity": create_default_person_entity,
    "SavePersonEntity": save_person_entity,
    "DeletePersonEntity": delete_person_entity,
    "GetPerson": get_person,
    "GetPersonList": get_person_list,
    "GetConsentInfos": get_consent_infos,
    "SetConsent": set_consent,
    "RemoveConsent": remove_consent,
    "HasConsent": has_consent,
    "GetConsentPerson": get_consent_person,
    "DeleteConsentPerson": delete_consent_person,
    "SendConsentConfirmationEmail": send_consent_confirmation_email,
    "GetBestSoLanguageForTemplate": get_best_so_language_for_template,
    "AddEmailAddressToPerson": add_email_address_to_person,
    "AddBounce": add_bounce,
    "Undelete": undelete,
    "Merge": merge,
}
