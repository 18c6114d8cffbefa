"""Privacy mails: the language chosen, the activity left behind, what is refused."""

from __future__ import annotations

import pytest

from so_sandbox.world.errors import InvalidArgument, NotFound
from so_sandbox.world.lists import Template
from so_sandbox.world.tenant import Tenant

DANISH, ENGLISH, FRENCH = 1030, 1033, 1036


@pytest.fixture
def template_id(tenant: Tenant) -> int:
    return tenant.item_id("templates", "privacy-notice-13")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"language": "SV", "country": "DK"}, "SW"),
        ({"country": "DK"}, "DA"),
        ({"country": "NO"}, "NO"),
        ({"company": "Beispiel GmbH"}, "GE"),
        ({"country": "FI"}, "US"),
        ({}, "US"),
    ],
)
def test_the_best_language_is_the_persons_own_then_the_countrys_then_english(
    tenant: Tenant, template_id: int, facts: dict[str, str], code: str
) -> None:
    languages = {row.code: row.item_id for row in tenant.tables.lists.languages.values()}
    companies = {row.name: row.contact_id for row in tenant.tables.companies.values()}
    person = tenant.create_person(
        support_language_id=languages.get(facts.get("language", ""), 0),
        country_id=tenant.item_id("countries", facts["country"]) if "country" in facts else 0,
        contact_id=companies.get(facts.get("company", ""), 0),
    )
    assert tenant.best_solang(person.person_id, template_id) == code


def test_no_language_suits(tenant: Tenant) -> None:
    tenant.tables.lists.templates[5] = Template(5, "only-dutch", {"nl": ("Hoi", "<p>{name}</p>")})
    person = tenant.create_person(country_id=tenant.item_id("countries", "DK"))
    assert tenant.best_solang(person.person_id, 5) == ""
    mail = tenant.send_privacy_mail(
        person.person_id, address="a@example.com", template_id=5, lcid=DANISH, by=1
    )
    assert mail.language == "nl"


def test_a_template_without_wording_is_sent_all_the_same(tenant: Tenant) -> None:
    tenant.tables.lists.templates[6] = Template(6, "bare")
    person = tenant.create_person(firstname="Ann")
    mail = tenant.send_privacy_mail(
        person.person_id, address="a@example.com", template_id=6, lcid=DANISH, by=1
    )
    assert (mail.subject, mail.html) == ("bare", "<p>Ann</p>")


def test_a_mail_is_kept_with_its_activity(tenant: Tenant, template_id: int) -> None:
    person = tenant.create_person(firstname="Ann", lastname="Bo")
    mail = tenant.send_privacy_mail(
        person.person_id, address="a@example.com", template_id=template_id, lcid=2057, subject="Hi", by=42
    )
    (activity,) = tenant.activities(person.person_id)
    assert (mail.language, mail.subject, mail.by) == ("en", "Hi", "api")
    assert (activity.appointment_id, activity.header) == (mail.appointment_id, "Hi")
    assert (activity.registered_associate_id, activity.task_idx) == (42, template_id)
    assert "a@example.com" not in repr(mail)


def test_an_address_that_bounces_is_counted(tenant: Tenant, template_id: int) -> None:
    person = tenant.create_person(emails=["a@example.com"])
    tenant.tables.bouncing.add("a@example.com")
    tenant.send_privacy_mail(
        person.person_id, address="A@example.com", template_id=template_id, lcid=ENGLISH, by=1
    )
    assert tenant.emails(person.person_id)[0].bounce_count == 1


def test_what_can_not_be_sent_is_refused(tenant: Tenant, template_id: int) -> None:
    person_id = tenant.create_person().person_id
    tenant.tables.lists.templates[7] = Template(7, "letter", privacy=False)
    for address, template, lcid, kind in (
        ("", template_id, DANISH, InvalidArgument),
        ("a@example.com", 7, DANISH, InvalidArgument),
        ("a@example.com", template_id, 0, InvalidArgument),
        ("a@example.com", 999_999, DANISH, NotFound),
    ):
        with pytest.raises(kind):
            tenant.send_privacy_mail(person_id, address=address, template_id=template, lcid=lcid, by=1)
    tenant.soft_delete(person_id)
    with pytest.raises(NotFound):
        tenant.send_privacy_mail(
            person_id, address="a@example.com", template_id=template_id, lcid=FRENCH, by=1
        )
    assert tenant.tables.outbox == []
