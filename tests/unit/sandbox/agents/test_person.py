"""The Person agent's operations, each judged by the schema on the way."""

from __future__ import annotations

import pytest

from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World
from tests.unit.sandbox.asking import Asker


@pytest.fixture
def person_id(tenant: Tenant) -> int:
    company = next(c for c in tenant.tables.companies.values() if c.name == "Kunde ApS")
    return tenant.create_person(
        channel="WEBFORM",
        form="contact",
        emails=["ann@example.com"],
        firstname="Ann",
        lastname="Bo",
        contact_id=company.contact_id,
        country_id=tenant.item_id("countries", "DK"),
        year_of_birth=2001,
        month_of_birth=2,
        day_of_birth=3,
    ).person_id


def _id(person_id: int, name: str = "PersonId") -> str:
    return f"<n:{name}>{person_id}</n:{name}>"


@pytest.fixture(autouse=True)
def _no_violations(world: World) -> object:
    yield
    assert world.schema_violations == []


def test_an_entity_is_whole(asker: Asker, person_id: int) -> None:
    reply = asker.ask("Person", "GetPersonEntity", _id(person_id, "PersonEntityId"))
    assert reply.text("Firstname") == "Ann"
    assert reply.text("BirthDate") == "2001-02-03T00:00:00.000000"
    assert reply.text("ConsentSourceKey") == "WEBFORM"
    assert reply.text("IsOwnerContact") == "false"
    assert reply.text("TwoLetterISOCountry") == "DK"
    assert reply.text("CategoryName") == 'US:"Customer";DA:"Kunde";NO:"Kunde"'
    assert reply.text("CategoryGroup") is None


def test_a_private_person_has_her_own_category(asker: Asker, tenant: Tenant) -> None:
    language = next(iter(tenant.tables.lists.languages))
    person = tenant.create_person(
        category_idx=tenant.item_id("categories", "Partner"),
        business_idx=tenant.item_id("businesses", "Handel"),
        position_idx=tenant.item_id("positions", "Buyer"),
        support_language_id=language,
        day_of_birth=1,
        month_of_birth=12,
    )
    reply = asker.ask("Person", "GetPersonEntity", _id(person.person_id, "PersonEntityId"))
    assert reply.text("CategoryGroup") == "Unknown"
    assert reply.text("BirthDate") == "0002-12-01T00:00:00.000000"


def test_who_is_gone_is_not_found(asker: Asker, tenant: Tenant, person_id: int) -> None:
    tenant.soft_delete(person_id)
    for operation, argument in (
        ("GetPersonEntity", "PersonEntityId"),
        ("GetPerson", "PersonId"),
        ("GetConsentInfos", "PersonId"),
        ("HasConsent", "PersonId"),
    ):
        reply = asker.ask("Person", operation, _id(person_id, argument))
        assert (reply.text("Succeeded"), reply.exception) == ("false", "SoNotFoundException")


def test_a_list_of_persons_leaves_out_who_is_not_there(asker: Asker, person_id: int) -> None:
    reply = asker.ask(
        "Person", "GetPersonList", f"<n:PersonIds><a:int>{person_id}</a:int><a:int>5</a:int></n:PersonIds>"
    )
    assert reply.texts("PersonId") == [str(person_id)]
    assert reply.text("Email") == "ann@example.com"
    assert reply.text("ContactName") == "Kunde ApS"
    assert asker.ask("Person", "GetPersonList").texts("PersonId") == []
    assert asker.ask("Person", "GetPerson", _id(person_id)).text("FullName") == "Ann Bo"


def test_consents_are_set_read_removed(asker: Asker, tenant: Tenant, person_id: int) -> None:
    reply = asker.set_consent(person_id, "STORE", "API", "61F", "so-privacy &lt;rule&gt;")
    assert reply.succeeded
    infos = asker.ask("Person", "GetConsentInfos", _id(person_id))
    assert infos.text("LegalBaseKey") == "61F"
    assert infos.text("Comment") == "so-privacy <rule>"
    assert infos.text("UpdatedAssociateId") == str(asker.associate_id)
    row_id = infos.text("ConsentPersonId")
    one = asker.ask("Person", "GetConsentPerson", f"<n:ConsentPersonId>{row_id}</n:ConsentPersonId>")
    assert set(one.texts("Key")) == {"API", "61F", "STORE"}
    purpose = _id(person_id) + "<n:Purpose>STORE</n:Purpose>"
    assert asker.ask("Person", "HasConsent", purpose).text("Response") == "true"
    assert asker.ask("Person", "RemoveConsent", purpose).succeeded
    assert asker.ask("Person", "HasConsent", purpose).text("Response") == "false"
    asker.ask("Person", "DeleteConsentPerson", f"<n:ConsentPersonId>{row_id}</n:ConsentPersonId>")
    assert tenant.consents(person_id) == []


def test_an_unknown_key_is_refused_over_the_wire(asker: Asker, person_id: int) -> None:
    reply = asker.set_consent(person_id, "NOSUCH", "API", "61F")
    assert (reply.status, reply.exception) == (200, "SoInvalidArgumentException")


def test_the_notice_is_sent_in_the_language_asked_for(asker: Asker, tenant: Tenant, person_id: int) -> None:
    template = tenant.item_id("templates", "privacy-notice-13")
    best = asker.ask(
        "Person", "GetBestSoLanguageForTemplate", _id(person_id) + f"<n:TemplateId>{template}</n:TemplateId>"
    )
    assert best.text("Response") == "DA"
    sent = asker.ask(
        "Person",
        "SendConsentConfirmationEmail",
        _id(person_id) + "<n:EmailAddress>ann@example.com</n:EmailAddress>"
        f"<n:EmailTemplateId>{template}</n:EmailTemplateId><n:CultureLcidId>1030</n:CultureLcidId>",
    )
    assert sent.succeeded
    (mail,) = tenant.tables.outbox
    assert (mail.template_name, mail.language, mail.by) == ("privacy-notice-13", "da", "api")


def test_addresses_and_bounces(asker: Asker, tenant: Tenant, person_id: int) -> None:
    asker.ask(
        "Person",
        "AddEmailAddressToPerson",
        _id(person_id) + "<n:EmailAddress>new@example.com</n:EmailAddress>"
        "<n:SetAsPrimaryEmail>true</n:SetAsPrimaryEmail>",
    )
    asker.ask("Person", "AddBounce", "<n:EmailAddress>ann@example.com</n:EmailAddress>")
    assert [(e.email_address, e.bounce_count) for e in tenant.emails(person_id)] == [
        ("new@example.com", 0),
        ("ann@example.com", 1),
    ]
    entity = asker.ask("Person", "GetPersonEntity", _id(person_id, "PersonEntityId"))
    assert entity.texts("Value")[:2] == ["new@example.com", "ann@example.com"]


def test_persons_are_deleted_undeleted_merged(asker: Asker, tenant: Tenant, person_id: int) -> None:
    other = tenant.create_person().person_id
    assert asker.ask("Person", "DeletePersonEntity", _id(person_id, "PersonEntityId")).succeeded
    assert len(tenant.persons()) == 1
    assert asker.ask("Person", "Undelete", _id(person_id, "Id")).succeeded
    merged = asker.ask(
        "Person",
        "Merge",
        _id(person_id, "SourcePersonId")
        + _id(other, "DestinationPersonId")
        + "<n:DeleteSource>true</n:DeleteSource>"
        "<n:ReplaceEmptyFieldsOnDestination>true</n:ReplaceEmptyFieldsOnDestination>",
    )
    assert merged.succeeded
    assert [person.person_id for person in tenant.persons()] == [other]
    assert tenant.person(other).firstname == "Ann"


def test_an_integration_saves_a_person(asker: Asker, tenant: Tenant) -> None:
    assert asker.ask("Person", "CreateDefaultPersonEntity").text("PersonId") == "0"
    country = tenant.item_id("countries", "NO")
    saved = asker.ask(
        "Person",
        "SavePersonEntity",
        "<n:PersonEntity><n:PersonId>0</n:PersonId><n:Firstname>Siv</n:Firstname>"
        "<n:BirthDate>0002-05-17T00:00:00</n:BirthDate>"
        "<n:Emails><n:EntityElement><n:Value>siv@example.com</n:Value></n:EntityElement></n:Emails>"
        f"<n:Country><n:CountryId>{country}</n:CountryId></n:Country>"
        "<n:NoMailing>true</n:NoMailing><n:Retired>false</n:Retired>"
        "<n:Consents><n:ConsentInfo><n:Comment>c</n:Comment><n:LegalBaseKey>61A</n:LegalBaseKey>"
        "<n:ConsentPurposeKey>EMARKETING</n:ConsentPurposeKey>"
        "<n:ConsentSourceKey>API</n:ConsentSourceKey></n:ConsentInfo></n:Consents></n:PersonEntity>",
    )
    person_id = int(saved.text("PersonId") or 0)
    person = tenant.person(person_id)
    assert (person.firstname, person.country_id, person.nomailing) == ("Siv", country, 1)
    assert (person.year_of_birth, person.month_of_birth, person.day_of_birth) == (0, 5, 17)
    assert person.registered_associate_id == asker.associate_id
    assert tenant.consent_keys(person_id) == {
        "STORE": ("61B", "API", ""),
        "EMARKETING": ("61A", "API", "c"),
    }
    asker.ask(
        "Person",
        "SavePersonEntity",
        f"<n:PersonEntity><n:PersonId>{person_id}</n:PersonId><n:Title>CEO</n:Title>"
        "<n:CreatedByFormId>7</n:CreatedByFormId></n:PersonEntity>",
    )
    assert (person.title, person.firstname, person.created_by_form_id) == ("CEO", "Siv", 7)
    assert len(tenant.consents(person_id)) == 2
    assert [e.email_address for e in tenant.emails(person_id)] == ["siv@example.com"]
    born = "<n:PersonEntity><n:BirthDate>1999-01-02T00:00:00</n:BirthDate></n:PersonEntity>"
    other = int(asker.ask("Person", "SavePersonEntity", born).text("PersonId") or 0)
    assert tenant.person(other).year_of_birth == 1999
