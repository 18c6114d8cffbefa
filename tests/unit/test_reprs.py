"""What is printed of a noun, as a log line or a traceback may do, holds neither a secret nor a person."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from so_privacy_ext.model import (
    AssociateId,
    Consent,
    ContextIdentifier,
    Delivery,
    EmailAddress,
    Epoch,
    Person,
    PersonId,
    Slot,
    SlotKeys,
    Tenant,
    TenantId,
)
from so_privacy_ext.processing.case import Case
from so_privacy_ext.sdk import Facts
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage.registers import ListedEvent, ShownEvent
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.tenants import AddedTenant
from so_privacy_ext.superoffice.subscriptions import Registered, WebhookState
from so_privacy_ext.superoffice.system_user import Application, SystemUser
from so_privacy_ext.superoffice.tickets import Ticket
from so_privacy_ext.superoffice.wire import HttpReply

CANARY = "kari.canary@example.com"
RAW = CANARY.encode()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BORN = date(1931, 3, 17)


def person() -> Person:
    by = AssociateId(1)
    consent = Consent(PersonId(1), "STORE", "61F", "API", CANARY, NOW, by, None, by, 0)
    return Person(
        person_id=PersonId(1), company_id=0, company_country_id=None, country_id=0, category_id=0,
        business_id=0, position_id=0, retired=False, registered=NOW, registered_associate_id=by,
        updated_count=0, form_id=0, language_id=0, birth_date=BORN, erp_linked=False,
        emails=(EmailAddress(CANARY, rank=1),), consents={"STORE": consent},
    )  # fmt: skip


def tenant() -> Tenant:
    return Tenant(
        TenantId(1), ContextIdentifier("Cust1"), "sod", Epoch(1), None, AssociateId(1), address_key=RAW
    )


def shown_event() -> ShownEvent:
    listed = ListedEvent(1, "id", "person.changed", 1, NOW, NOW, 0, None, "open", None, None)
    return ShownEvent(listed, {}, RAW)


def settings() -> Settings:
    return Settings(DATABASE_URL=f"postgresql://app:{CANARY}@127.0.0.1/x")  # type: ignore[call-arg]  # its alias


NOUNS: dict[str, Callable[[], object]] = {
    "a person": person,
    "her case": lambda: Case(kept=None, person=person(), consents={}),  # type: ignore[arg-type]  # its part in a repr
    "facts": lambda: Facts(email_domain=CANARY),
    "a tenant": tenant,
    "who may sign": lambda: SlotKeys(TenantId(1), ContextIdentifier("Cust1"), (RAW,)),
    "a delivery": lambda: Delivery(TenantId(1), RAW, b"", None),
    "a stored event": shown_event,
    "what the CRM is told": lambda: AddedTenant(TenantId(1), Slot("0" * 32), CANARY),
    "our webhook": lambda: Registered(1, "x", (), CANARY, WebhookState.ACTIVE, None),
    "our proof": lambda: Application(CANARY, rsa.generate_private_key(65537, 2048)),
    "our system user": lambda: SystemUser(CANARY, "serial", None),
    "a ticket": lambda: Ticket(CANARY),
    "a reply": lambda: HttpReply(200, "text/xml", "", {"Set-Cookie": CANARY}, RAW),
    "the data key": lambda: DataKey((RAW * 2)[:32]),
    "the settings": settings,
}


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_shows_no_secret_and_no_person(noun: str) -> None:
    made = NOUNS[noun]()

    for shown in (repr(made), str(made), f"{[made]}"):
        assert CANARY not in shown
        assert "1931" not in shown
        assert RAW.hex() not in shown
