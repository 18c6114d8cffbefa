"""The CRM's privacy mail: its language, its sending, and the trace it leaves."""

from __future__ import annotations

from datetime import datetime

from so_privacy_ext.model import PersonId
from so_privacy_ext.superoffice.archive import Column, after_time, integer, moment, read, text
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.consents import refused_here

_SEND = "Person.SendConsentConfirmationEmail"
_PAGE = 50
DOCUMENTS = frozenset({4, 8, 9})
"""appointment.type of a document and of a mail merge."""
_APPOINTMENT = (
    Column("appointment_id", integer),
    Column("person_id", integer),
    Column("document_id", integer, required=False),
    Column("task_idx", integer, required=False),
    Column("type", integer),
    Column("registered", moment, required=False),
    Column("registered_associate_id", integer, required=False),
    Column("document_id.header", text, required=False),
)


def best_language(client: SoapClient, person_id: PersonId, template_id: int) -> str:
    """Ask for the person's best SuperOffice language code; empty if the CRM finds none."""
    found = client.call("GetBestSoLanguageForTemplate", PersonId=person_id, TemplateId=template_id)
    return str(found or "").strip()


def send_notice(
    client: SoapClient, person_id: PersonId, *, address: str, template_id: int, lcid: int
) -> None:
    """Have the mail sent; without a subject of ours the template's own is used."""
    if min(person_id, template_id, lcid) <= 0 or not address.isprintable() or not address.strip():
        raise refused_here(_SEND, "a value that may not be sent")
    client.call(
        "SendConsentConfirmationEmail",
        PersonId=person_id,
        EmailAddress=address,
        EmailTemplateId=template_id,
        CultureLcidId=lcid,
    )


def notice_archived(client: SoapClient, person_id: PersonId, template_id: int, since: datetime) -> bool:
    """Look for a document by that template in the person's activities, registered since then."""
    rows = read(
        client,
        "appointment",
        _APPOINTMENT,
        f"appointment.person_id = {person_id} and appointment.task_idx = {template_id}"
        f" and {after_time('appointment.registered', since)}",
        page_size=_PAGE,
    )
    return any(
        row["person_id"] == person_id
        and row["type"] in DOCUMENTS
        and row["document_id"] > 0
        and row["registered"] is not None
        and row["registered"] >= since
        for row in rows
    )
