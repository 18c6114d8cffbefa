"""Fields of the administrator's own in the sandbox: published, filled in, moved, and read by the archive."""

from __future__ import annotations

import pytest

from so_sandbox.triggering import trigger
from so_sandbox.user_fields import add_field, fill, layout, move_fields
from so_sandbox.world.lists import column_name
from so_sandbox.world.tenant import Tenant
from tests.unit.sandbox.asking import Asker

AGENT = "UserDefinedFieldInfo"


def test_the_published_fields_of_one_owner_are_listed(asker: Asker) -> None:
    persons = asker.ask(AGENT, "GetPublishedUserDefinedFieldList", "<n:OwnerType>Person</n:OwnerType>")
    companies = asker.ask(AGENT, "GetUserDefinedFieldList", "<n:OwnerType>Contact</n:OwnerType>")

    assert persons.texts("ProgId") == ["SuperOffice:1", "SuperOffice:2", "SuperOffice:3", "SuperOffice:4"]
    assert persons.texts("FieldType") == ["List", "Date", "Checkbox", "ShortText"]
    assert persons.texts("ColumnId") == ["35845", "35846", "35847", "35905"]
    assert companies.texts("FieldLabel") == ["Employees", "Turnover"]
    assert asker.world.schema_violations == []


@pytest.mark.parametrize(
    ("operation", "argument", "found"),
    [
        ("FromProgId", "<n:ProgId>SuperOffice:3</n:ProgId>", "Wants news"),
        ("FromFieldLabel", "<n:FieldLabel>Wants news</n:FieldLabel>", "Wants news"),
        ("FromFieldLabel", "<n:FieldLabel>Wants</n:FieldLabel>", None),
    ],
)
def test_one_field_by_its_id_or_label(asker: Asker, operation: str, argument: str, found: str | None) -> None:
    owner = "<n:OwnerType>Person</n:OwnerType>"
    reply = asker.ask(AGENT, f"GetPublishedUserDefinedField{operation}", argument + owner)

    assert reply.text("FieldLabel") == found
    assert reply.succeeded == (found is not None)


def shown(asker: Asker, tenant: Tenant, person_id: int) -> dict[str, str]:
    """Give what the archive shows of a person's fields, by label."""
    fields = [one for one in tenant.tables.lists.user_fields.values() if one.owner == "Person"]
    columns = ",".join(["person.person_id", *(f"person.{one.column}" for one in fields)])
    (row,) = asker.query(columns, f"person.person_id in ({person_id})", "person.person_id asc").rows()
    return {one.label: row[f"person.{one.column}"] for one in fields if f"person.{one.column}" in row}


def test_what_is_filled_in_is_shown_encoded_and_told_to_nobody(asker: Asker, tenant: Tenant) -> None:
    add_field(tenant, "Person", "Decimal", "Score")
    add_field(tenant, "Person", "UnlimitedDate", "Since")
    add_field(tenant, "Person", "LongText", "Remark", prog_id="Acme.Crm.Remark")
    add_field(tenant, "Person", "Number", "Visits")
    person_id = trigger(tenant, "person.created", {"field.Customer number": "K-7"})
    person = tenant.person(person_id)
    told: list[str] = []
    tenant.listeners.append(lambda _, event: told.append(event.name))

    values = {
        "Score": "1.5",
        "Since": "1939-12-31",
        "Acme.Crm.Remark": "x",
        "Visits": "3",
        "Wants news": "yes",
    }
    trigger(
        tenant,
        "field.filled",
        {"person": str(person_id)} | {f"field.{name}": value for name, value in values.items()},
    )

    assert shown(asker, tenant, person_id) == {
        "Customer number": "K-7",
        "Score": "[F:1.5]",
        "Since": "19391231",
        "Remark": "x",
        "Visits": "[I:3]",
        "Wants news": "[I:1]",
    }
    assert (told, person.updated, person.updated_count) == ([], None, 0)


def test_a_field_can_be_emptied_and_a_company_filled(asker: Asker, tenant: Tenant) -> None:
    person_id = trigger(tenant, "person.created", {"field.Contract ends": "2026-12-31"})
    fill(tenant, "Person", person_id, {"Contract ends": ""})
    company_id = trigger(tenant, "field.filled", {"company": "Kunde ApS", "field.Employees": "12"})

    rows = asker.query(
        "contact.contact_id,contact.userdef_id.long05",
        f"contact.contact_id in ({company_id})",
        "contact.contact_id asc",
    ).rows()

    assert shown(asker, tenant, person_id) == {}
    assert rows[0]["contact.userdef_id.long05"] == "[I:12]"


def test_an_edit_may_move_values_to_other_columns(asker: Asker, tenant: Tenant) -> None:
    person_id = trigger(
        tenant, "person.created", {"field.Contract ends": "2026-12-31", "field.Wants news": "1"}
    )
    before = [one.column for one in tenant.tables.lists.user_fields.values()]
    number, seen = layout(tenant, "Person"), shown(asker, tenant, person_id)

    move_fields(tenant, "Person")

    assert [one.column for one in tenant.tables.lists.user_fields.values()] != before
    assert layout(tenant, "Person") == number + 1
    assert shown(asker, tenant, person_id) == seen


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"Shoe size": "44"}, "no field 'Shoe size'; there are: SuperOffice:1"),
        ({"SuperOffice:1": "Platinum"}, "has no item 'Platinum'"),
        ({"Contract ends": "soon"}, "soon"),
    ],
)
def test_what_can_not_be_filled_in(tenant: Tenant, values: dict[str, str], said: str) -> None:
    person_id = trigger(tenant, "person.created", {})

    with pytest.raises(ValueError, match=said):
        fill(tenant, "Person", person_id, values)


def test_nobody_and_nothing_that_is_not_there(tenant: Tenant) -> None:
    with pytest.raises(ValueError, match="no person 5"):
        fill(tenant, "Person", 5, {})
    with pytest.raises(ValueError, match="no company 5"):
        fill(tenant, "Contact", 5, {})
    with pytest.raises(ValueError, match="no field Sound of Person"):
        add_field(tenant, "Person", "Sound", "x")
    with pytest.raises(ValueError, match="no column 111"):
        column_name("Number", 111)
