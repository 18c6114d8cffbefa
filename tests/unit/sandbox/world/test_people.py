"""Persons enter as the CRM lets them, with its own default consent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from so_sandbox.world.errors import InvalidArgument, NotFound
from so_sandbox.world.events import Event
from so_sandbox.world.people import CHANNELS
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World


@pytest.fixture
def told(world: World) -> list[Event]:
    events: list[Event] = []
    world.listeners.append(lambda tenant, event: events.append(event))
    return events


@pytest.mark.parametrize(
    ("channel", "source", "kind"),
    [
        ("USER", "USER", 0),
        ("EMAIL", "EMAIL", 7),
        ("REQUEST", "REQUEST", 7),
        ("CHAT", "CHAT", 7),
        ("WEBFORM", "WEBFORM", 7),
        ("CUSTOMERPORTAL", "CUSTOMERPORTAL", 7),
        ("IMPORT", "IMPORT", 0),
        ("API", "API", 13),
        ("ERP", "API", 13),
    ],
)
def test_each_channel_brings_its_source_and_its_creator(
    tenant: Tenant, channel: str, source: str, kind: int
) -> None:
    person = tenant.create_person(channel=channel)
    assert tenant.consent_keys(person.person_id) == {"STORE": ("61B", source, "")}
    (row,) = tenant.consents(person.person_id)
    assert row.registered == person.registered
    assert row.registered_associate_id == person.registered_associate_id
    assert (row.updated, row.updated_associate_id, row.updated_count) == (None, 0, 0)
    assert tenant.tables.associates[person.registered_associate_id].type == kind
    assert set(CHANNELS) >= {channel}


def test_an_integration_and_a_user_may_send_their_source(tenant: Tenant) -> None:
    assert tenant.consent_keys(tenant.create_person(channel="API", source="VENDOR").person_id) == {
        "STORE": ("61B", "VENDOR", "")
    }
    assert tenant.consent_keys(tenant.create_person(channel="USER", source="CARD").person_id) == {
        "STORE": ("61B", "CARD", "")
    }


def test_erp_and_import_leave_their_marks(tenant: Tenant) -> None:
    assert tenant.create_person(channel="ERP").active_erp_links == 1
    imported = tenant.create_person(channel="IMPORT")
    assert tenant.tables.insertions[imported.person_id].flags == 1


def test_a_form_writes_all_its_consents_with_the_person(tenant: Tenant, told: list[Event]) -> None:
    person = tenant.create_person(
        channel="WEBFORM", form="contact", consents={"EMARKETING": ("61A", "WEBFORM")}, age=timedelta(days=3)
    )
    assert tenant.consent_keys(person.person_id) == {
        "EMARKETING": ("61A", "WEBFORM", ""),
        "STORE": ("61B", "WEBFORM", ""),
    }
    assert {row.registered for row in tenant.consents(person.person_id)} == {person.registered}
    assert person.created_by_form_id == tenant.item_id("forms", "contact")
    assert tenant.now() - person.registered > timedelta(days=2)
    assert [event.name for event in told] == ["person.created", "person.consented"]


def test_a_form_that_writes_store_itself_leaves_no_default(tenant: Tenant) -> None:
    person = tenant.create_person(
        channel="CHAT", emails=["a@example.com"], consents={"STORE": ("61F", "CHAT")}
    )
    assert tenant.consent_keys(person.person_id) == {"STORE": ("61F", "CHAT", "")}
    assert [mail.by for mail in tenant.tables.outbox] == ["crm"]


def test_a_tenant_may_want_no_default(tenant: Tenant) -> None:
    tenant.tables.preferences["GDPR", "GdprUseDefaultsForNew"] = "False"
    assert tenant.consents(tenant.create_person().person_id) == []


def test_a_source_with_a_template_makes_the_crm_mail(tenant: Tenant) -> None:
    norway = tenant.item_id("countries", "NO")
    person = tenant.create_person(
        channel="CHAT", emails=["b@example.com"], country_id=norway, firstname="<B>", lastname="&"
    )
    tenant.create_person(channel="CHAT")
    (mail,) = tenant.tables.outbox
    assert (mail.person_id, mail.by, mail.language, mail.lcid) == (person.person_id, "crm", "nb", 1044)
    assert "&lt;B&gt; &amp;" in mail.html
    (activity,) = tenant.activities(person.person_id)
    assert (activity.task_idx, activity.type) == (tenant.item_id("templates", "chat-welcome"), 4)
    assert activity.header == mail.subject


def test_a_company_lends_its_category_business_and_owner(tenant: Tenant) -> None:
    company = next(c for c in tenant.tables.companies.values() if c.name == "Kunde ApS")
    person = tenant.create_person(contact_id=company.contact_id)
    assert person.category_idx == tenant.item_id("categories", "Kunde") != 0
    assert person.business_idx == tenant.item_id("businesses", "Industry")
    assert person.associate_id == company.associate_id
    with pytest.raises(InvalidArgument, match="no company"):
        tenant.create_person(contact_id=1)


def test_a_change_is_told_with_its_columns(tenant: Tenant, told: list[Event]) -> None:
    person = tenant.create_person()
    told.clear()
    tenant.change_person(person.person_id, title="Director", support_language_id=3)
    tenant.change_person(person.person_id, title="Director")
    (event,) = told
    assert event.changes == (
        "person_id",
        "title",
        "supportLanguageId",
        "updated",
        "updated_associate_id",
        "updatedCount",
    )
    assert event.field_values["updated_associate_id"] == event.changed_by_associate_id
    assert event.field_values["DeletedDate"] == "0001-01-01T00:00:00"
    assert person.updated_count == 1


def test_an_address_is_added_in_silence(tenant: Tenant, told: list[Event]) -> None:
    person = tenant.create_person(emails=["a@example.com"])
    first = tenant.emails(person.person_id)[0].email_id
    tenant.add_bounce("A@example.com")
    told.clear()
    tenant.add_email(person.person_id, "b@example.com", primary=True)
    tenant.add_email(person.person_id, "c@example.com")
    rows = tenant.emails(person.person_id)
    assert [(row.email_address, row.rank) for row in rows] == [
        ("b@example.com", 1),
        ("a@example.com", 2),
        ("c@example.com", 3),
    ]
    assert rows[1].bounce_count == 1
    assert rows[0].email_id > first
    assert told == []


@pytest.mark.parametrize(
    "columns",
    [{"shoe_size": 44}, {"person_id": 1}, {"title": 5}, {"country_id": "DK"}, {"channel": "PIGEON"}],
)
def test_what_can_not_be_set_is_named(tenant: Tenant, columns: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        tenant.create_person(**columns)  # type: ignore[arg-type]  # that is the point
    assert tenant.persons() == []


def test_who_is_deleted_can_not_be_read_but_comes_back(tenant: Tenant, told: list[Event]) -> None:
    person = tenant.create_person()
    tenant.soft_delete(person.person_id)
    with pytest.raises(NotFound):
        tenant.person(person.person_id)
    assert tenant.persons() == []
    assert tenant.persons(deleted=True) == [person]
    tenant.undelete(person.person_id)
    assert tenant.person(person.person_id) is person
    tenant.hard_delete(person.person_id)
    for act in (tenant.hard_delete, tenant.undelete):
        with pytest.raises(NotFound):
            act(person.person_id)
    assert [event.name for event in told] == ["person.created", "person.softdeleted", "person.deleted"]
    assert told[-1].values == {"associate_id": 0, "contact_id": 0, "person_id": person.person_id}


@pytest.mark.parametrize("told_of", ["silent", "told"])
def test_a_merge_keeps_what_stands_and_moves_the_rest(
    tenant: Tenant, world: World, told: list[Event], told_of: str
) -> None:
    world.switches.turn("merge_events", told_of)
    keeps = tenant.create_person(emails=["k@example.com"], lastname="Keep")
    goes = tenant.create_person(channel="CHAT", emails=["g@example.com", "k@example.com"], title="Boss")
    tenant.set_consent(goes.person_id, "EMARKETING", "61A", "WEBFORM", by=1)
    told.clear()
    tenant.merge(goes.person_id, keeps.person_id)
    assert [row.email_address for row in tenant.emails(keeps.person_id)] == ["k@example.com", "g@example.com"]
    assert tenant.consent_keys(keeps.person_id) == {
        "STORE": ("61B", "USER", ""),
        "EMARKETING": ("61A", "WEBFORM", ""),
    }
    assert (keeps.title, keeps.lastname) == ("Boss", "Keep")
    assert len(tenant.activities(keeps.person_id)) == 1
    assert goes.person_id not in tenant.tables.persons
    assert tenant.tables.moves[goes.person_id].destination_record == keeps.person_id
    names = [event.name for event in told]
    assert names == ([] if told_of == "silent" else ["person.changed", "person.deleted"])


def test_undelete_is_told_of_when_the_switch_says_so(tenant: Tenant, world: World, told: list[Event]) -> None:
    world.switches.turn("merge_events", "told")
    person = tenant.create_person()
    tenant.soft_delete(person.person_id)
    tenant.undelete(person.person_id)
    assert told[-1].name == "person.changed"
    assert "DeletedDate" in told[-1].changes


def test_nobody_is_merged_with_herself(tenant: Tenant) -> None:
    person = tenant.create_person()
    with pytest.raises(InvalidArgument):
        tenant.merge(person.person_id, person.person_id)


def test_a_merge_may_leave_the_source_and_the_empty_fields(tenant: Tenant) -> None:
    one, other = tenant.create_person(title="A"), tenant.create_person()
    tenant.merge(one.person_id, other.person_id, delete_source=False, fill_empty=False)
    assert tenant.person(one.person_id) is one
    assert other.title == ""


def test_events_are_told_after_the_whole_change(tenant: Tenant, world: World, told: list[Event]) -> None:
    with world.surroundings.change():
        person = tenant.create_person()
        tenant.change_person(person.person_id, title="x")
        assert told == []
    assert [event.name for event in told] == ["person.created", "person.changed"]


def test_a_change_that_fails_tells_nothing(tenant: Tenant, told: list[Event]) -> None:
    def half_done() -> None:
        with tenant.change():
            tenant.create_person()
            tenant.person(0)

    with pytest.raises(NotFound):
        half_done()
    assert told == []
