from datetime import timedelta
from typing import Any

import pytest

from so_sandbox.crowd import add_crowd
from so_sandbox.demo_tenant import add_demo_tenants
from so_sandbox.triggering import trigger
from so_sandbox.wording import duration
from so_sandbox.world.errors import CrmError
from so_sandbox.world.world import World


@pytest.fixture
def tenant() -> Any:
    world = World()
    tenant: Any = add_demo_tenants(world)
    tenant.told = []
    tenant.listeners.append(lambda _, event: tenant.told.append(event.name))
    return tenant


def enter(tenant: Any, **settings: Any) -> Any:
    return trigger(
        tenant, "person.created", {name.replace("__", "."): value for name, value in settings.items()}
    )


@pytest.mark.parametrize(
    ("source", "role"),
    [
        ("CARD", "user"), ("FAIR", "user"), ("USER", "user"), ("IMPORT", "user"), ("WEBFORM", "service"),
        ("CHAT", "service"), ("EMAIL", "service"), ("VENDOR", "api"), ("API", "api"), ("ERP", "erp"),
        ("JOBAPPLY", "service"),
    ],
)  # fmt: skip
def test_a_source_comes_by_its_usual_way(tenant: Any, source: str, role: str) -> None:
    person = tenant.person(enter(tenant, source=source))

    assert tenant.consent_keys(person.person_id)["STORE"][:2] == ("61B", source)
    assert person.registered_associate_id == tenant.associate(role).associate_id
    assert (person.active_erp_links > 0) == (source == "ERP")


def test_all_that_describes_a_person_is_resolved(tenant: Any) -> None:
    number = enter(
        tenant, firstname="Anna", lastname="Berg", title="Buyer", country="DK", category="Customer",
        position="Director", language="da", birth="2012-05-01", retired="1", company="Kunde ApS",
        email="a@example.com, b@example.com", source="WEBFORM", consent__EMARKETING="61A/WEBFORM",
        registered_ago="2d",
    )  # fmt: skip
    person, lists = tenant.person(number), tenant.tables.lists

    assert (person.firstname, person.lastname, person.title, person.retired) == ("Anna", "Berg", "Buyer", 1)
    assert lists.countries[person.country_id].iso == "DK"
    assert "Customer" in lists.categories[person.category_idx].name
    assert lists.positions[person.position_idx].name == "Director"
    assert lists.languages[person.support_language_id].iso == "da"
    assert (person.year_of_birth, person.month_of_birth, person.day_of_birth) == (2012, 5, 1)
    assert tenant.tables.companies[person.contact_id].name == "Kunde ApS"
    assert [e.email_address for e in tenant.emails(number)] == ["a@example.com", "b@example.com"]
    assert lists.forms[person.created_by_form_id].key == "contact"
    assert tenant.consent_keys(number)["EMARKETING"][:2] == ("61A", "WEBFORM")
    assert tenant.now() - person.registered >= timedelta(days=2)
    assert tenant.told[0] == "person.created"


def test_an_age_is_counted_from_today(tenant: Any) -> None:
    person = tenant.person(enter(tenant, years="14"))

    assert person.year_of_birth == tenant.now().year - 14


def test_another_form_and_another_way_can_be_named(tenant: Any) -> None:
    by_form = tenant.person(enter(tenant, source="WEBFORM", form="newsletter"))
    by_import = tenant.person(enter(tenant, source="CARD", channel="IMPORT"))

    assert tenant.tables.lists.forms[by_form.created_by_form_id].key == "newsletter"
    assert tenant.tables.insertions[by_import.person_id].flags == 1


def test_a_job_application_comes_by_its_own_form(tenant: Any) -> None:
    person = tenant.person(enter(tenant, source="JOBAPPLY"))

    assert tenant.tables.lists.forms[person.created_by_form_id].key == "job"


def test_a_person_changes(tenant: Any) -> None:
    number = enter(tenant)
    trigger(tenant, "person.changed", {"person": str(number), "title": "Director"})
    assert tenant.person(number).title == "Director"
    trigger(tenant, "person.changed", {"person": str(number)})
    assert tenant.person(number).title == "Advisor"
    trigger(tenant, "person.changed", {"person": str(number)})
    assert tenant.person(number).title == "Senior advisor"
    assert tenant.told.count("person.changed") == 3


def test_consents_come_and_go(tenant: Any) -> None:
    number = str(enter(tenant))
    trigger(tenant, "person.consented", {"person": number})
    assert tenant.consent_keys(int(number))["EMARKETING"][:2] == ("61A", "WEBFORM")
    trigger(tenant, "person.unconsented", {"person": number})
    assert tenant.consent_keys(int(number))["EMARKETING"][:2] == ("WITHDRAWN", "CUSTOMERPORTAL")
    trigger(
        tenant,
        "person.consented",
        {
            "person": number,
            "purpose": "STORE",
            "basis": "61F",
            "source": "CARD",
            "comment": "hi",
            "by": "api",
        },
    )
    assert tenant.consent_keys(int(number))["STORE"] == ("61F", "CARD", "hi")
    assert tenant.told[-3:] == ["person.consented", "person.unconsented", "person.consented"]


def test_a_person_goes_and_comes_back_and_goes_for_good(tenant: Any) -> None:
    number = enter(tenant)
    trigger(tenant, "person.softdeleted", {"person": str(number)})
    assert number not in [p.person_id for p in tenant.persons()]
    trigger(tenant, "person.undeleted", {"person": str(number)})
    assert tenant.person(number)
    trigger(tenant, "person.deleted", {"person": str(number)})
    assert number not in tenant.tables.persons
    assert "person.deleted" in tenant.told


def test_two_become_one(tenant: Any) -> None:
    gone, kept = enter(tenant, email="a@example.com"), enter(tenant)

    assert trigger(tenant, "person.merged", {"person": str(gone), "into": str(kept)}) == kept
    assert gone not in tenant.tables.persons
    assert tenant.emails(kept)[0].email_address == "a@example.com"


def test_addresses_come_and_bounce(tenant: Any) -> None:
    number = enter(tenant, email="a@example.com")
    trigger(tenant, "email.added", {"person": str(number), "email": "b@example.com", "primary": "yes"})
    trigger(tenant, "email.bounced", {"email": "b@example.com"})

    assert [(e.email_address, e.bounce_count) for e in tenant.emails(number)] == [
        ("b@example.com", 1),
        ("a@example.com", 0),
    ]


def test_a_list_item_changes(tenant: Any) -> None:
    assert trigger(tenant, "list.consentsource.changed", {"item": "5"}) == 5
    assert tenant.told == ["list.consentsource.changed"]


@pytest.mark.parametrize(
    ("event", "settings", "message"),
    [
        ("person.creatd", {}, "did you mean person.created"),
        ("list.moon.changed", {}, "no event"),
        ("list.country.exploded", {}, "no event"),
        ("person.created", {"contry": "DK"}, "can't set contry here"),
        ("person.created", {"country": "XX"}, "XX"),
        ("person.created", {"birth": "1.5.2012"}, "write 2012-05-01"),
        ("person.created", {"years": "old"}, "not an age"),
        ("person.created", {"retired": "yes"}, "not a number"),
        ("person.created", {"company": "Nobody"}, "there are: Eksempel A/S"),
        ("person.created", {"channel": "PIGEON"}, "no channel"),
        ("person.created", {"consent.EMARKETING": "61A"}, "write basis/source"),
        ("person.created", {"registered_ago": "long"}, "no duration"),
        ("person.changed", {}, "person=<number> is missing"),
        ("person.changed", {"person": "Anna"}, "not a number"),
        ("person.changed", {"person": "1"}, "no person 1"),
        ("person.consented", {"person": "1", "moon": "full"}, "can't set moon"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_happens(
    tenant: Any, event: str, settings: dict[str, str], message: str
) -> None:
    with pytest.raises((ValueError, CrmError), match=message):
        trigger(tenant, event, settings)
    assert not tenant.persons()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5", 1.5), ("90s", 90), ("15m", 900), ("6h", 21600), ("1d12h", 129600)],
)
def test_durations_are_written_in_short(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


def test_a_crowd_is_the_same_each_time(tenant: Any) -> None:
    first = add_crowd(tenant, 16)
    names = [(tenant.person(n).firstname, tenant.person(n).country_id) for n in first]
    again = World()
    other = add_demo_tenants(again)
    second = add_crowd(other, 16)

    assert names == [(other.person(n).firstname, other.person(n).country_id) for n in second]
    assert sum(not tenant.emails(n) for n in first) == 2
    assert all("STORE" in tenant.consent_keys(n) for n in first)


@pytest.fixture
def heard(tenant: Any) -> Any:
    tenant.heard = []
    tenant.listeners.append(lambda _, event: tenant.heard.append(event))
    return tenant


def test_a_sale_that_is_told_of(heard: Any) -> None:
    first = trigger(heard, "sale.created", {"contact_id": "501", "saledate": "2026-06-30T00:00:00"})
    second = trigger(heard, "sale.created", {})
    trigger(heard, "sale.changed", {"key": str(first), "status": "2", "by": "api"})
    created, _, changed = heard.heard

    assert second == first + 1 == created.primary_key + 1
    assert created.field_values["contact_id"] == 501
    assert created.field_values["saledate"] == "2026-06-30T00:00:00"
    assert created.field_values["registered_associate_id"] == heard.associate("user").associate_id
    assert created.field_values["registered"] == f"{heard.now():%Y-%m-%dT%H:%M:%S}"
    assert created.changes[0] == "sale_id"
    assert set(created.field_values) < set(created.changes)
    assert changed.changes == ("sale_id", "status", "updated", "updated_associate_id", "updatedCount")
    assert (changed.field_values["status"], changed.field_values["contact_id"]) == (2, 0)
    assert changed.changed_by_associate_id == heard.associate("api").associate_id


MARKS = ("updated", "updated_associate_id", "updatedCount")


@pytest.mark.parametrize(
    ("event", "settings", "told"),
    [
        ("sale.sold", {}, {"changes": ("sale_id", "status", "updated", "updated_associate_id")}),
        ("sale.deleted", {"contact_id": "43"}, {"gone": {"contact_id": 43, "person_id": 0}}),
        ("relation.deleted", {}, {"gone": {"relation_id": 8}}),
        ("quote.sent", {}, {}),
        ("document.edited", {}, {}),
        ("document.changed", {}, {"changes": ("document_id", *MARKS), "fields": {"document_id": 8}}),
        ("chatsession.changed", {"Consented": "true"}, {"fields": {"Consented": True, "Status": 0}}),
        (
            "y_rates.changed",
            {"x_rate": "12", "x_name": "high"},
            {
                "changes": ("id", "last_changed", "x_rate", "x_name"),
                "fields": {"id": "[I:8]", "x_rate": "[I:12]"},
            },
        ),
        ("y_rates.deleted", {"x_rate": "12"}, {"fields": {"id": 8, "x_rate": 12, "dbi_agent_id": -1}}),
    ],
)
def test_what_is_told_of_a_row(heard: Any, event: str, settings: Any, told: Any) -> None:
    assert trigger(heard, event, {"key": "8", **settings}) == 8
    (one,) = heard.heard
    fields, gone = told.get("fields", {}), told.get("gone", {})

    assert (one.name, one.entity, one.primary_key) == (event, event.partition(".")[0], 8)
    assert one.changes == told.get("changes", ())
    assert {name: one.field_values[name] for name in fields} == fields
    assert {name: one.values[name] for name in gone} == gone
    assert (bool(one.field_values), bool(one.values)) == (bool(fields), bool(gone))
    assert "x_name" not in one.field_values


@pytest.mark.parametrize("name", ["currency", "110"])
def test_an_item_of_a_list_that_is_not_here(heard: Any, name: str) -> None:
    assert trigger(heard, f"list.{name}.changed", {"item": "8"}) == 8

    assert [(one.name, one.entity) for one in heard.heard] == [(f"list.{name}.changed", f"list.{name}")]


@pytest.mark.parametrize(
    ("event", "settings", "complaint"),
    [
        ("sale.changed", {}, "key=<number> is missing"),
        ("sale.sold", {"key": "8", "status": "1"}, "can't set status of sale.sold; there are: key, by$"),
        ("sale.changed", {"key": "8", "stauts": "1"}, "can't set stauts of sale.changed; .* status, "),
        (
            "y_rates.changed",
            {"key": "8", "rate": "1"},
            "can't set rate of y_rates.changed; there are: key, by, x_",
        ),
        ("sale.solt", {}, "no event 'sale.solt' .did you mean sale.sold"),
        ("list.nonsense.changed", {}, "no event"),
        ("rates.changed", {}, "no event"),
        ("y_rates.softdeleted", {}, "no event"),
    ],
)
def test_what_cannot_be_told(heard: Any, event: str, settings: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        trigger(heard, event, settings)

    assert heard.heard == []
