"""The administrator's own fields: what they are, where they lie, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from so_privacy_ext.errors import CrmFailure, Fault
from so_privacy_ext.model import FieldKind, PersonId, UserField
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.persons import read_persons
from so_privacy_ext.superoffice.user_fields import layouts, read_fields
from tests.unit.superoffice.loopback import Canned, Loopback, answer, rows
from tests.unit.superoffice.test_lists import item
from tests.unit.superoffice.test_persons import person

LIST = "GetPublishedUserDefinedFieldList"
READ = "GetArchiveListByColumns2"
PERSON, COMPANY = 140 * 256, 35 * 256


def defined(
    kind: str, column: int, *, label: str = "L", prog_id: str = "", of: int = 0, identity: int = 7
) -> str:
    return str(
        item(
            "UserDefinedFieldInfo",
            ColumnId=column,
            FieldLabel=label,
            FieldType=kind,
            ProgId=prog_id,
            UdefIdentity=identity,
            UDListDefinitionId=of,
        )
    )


def preference(key: str, value: str) -> str:
    return (
        f"<n:Preference><n:RawValue>{value}</n:RawValue>"
        f"<n:Specification><n:Section>System</n:Section><n:Key>{key}</n:Key></n:Specification></n:Preference>"
    )


@pytest.fixture
def fields(loopback: Loopback) -> Any:
    """What is published of each owner, and in which layout."""
    published = {"Person": "", "Contact": ""}

    def reply(handler: Any) -> Any:
        owner = next(one for one in published if f">{one}<" in handler.body.decode())
        handler.send(Canned(answer(LIST, published[owner])))

    loopback.standing[LIST] = reply
    loopback.standing["GetPreferences"] = answer(
        "GetPreferences",
        preference("CurrentUdefVersionperson", "3") + preference("CurrentUdefVersioncontact", "8"),
    )
    loopback.standing[READ] = rows("udlist")
    return published


def test_every_kind_of_field_is_known_by_what_it_holds_and_where_it_lies(
    client: SoapClient, loopback: Loopback, fields: Any
) -> None:
    fields["Person"] = (
        defined("Number", PERSON + 5, label="Visits", prog_id="SuperOffice:1")
        + defined("ShortText", PERSON + 61, prog_id="Acme.Crm.Note")
        + defined("LongText", 141 * 256 + 9, prog_id="x")
        + defined("Date", PERSON + 60, identity=12)
        + defined("UnlimitedDate", PERSON + 100, prog_id="y")
    )
    fields["Contact"] = (
        defined("Checkbox", COMPANY + 1, prog_id="a")
        + defined("List", COMPANY + 10, prog_id="b", of=4)
        + defined("List", COMPANY + 11, prog_id="c", of=5)
        + defined("Decimal", COMPANY + 110, prog_id="d")
    )
    loopback.script(
        READ,
        rows(
            "udlist",
            {"udlist_id": "[I:41]", "UDListDefinition_id": "[I:4]", "name": "Gold", "deleted": "[I:0]"},
            {"udlist_id": "[I:42]", "UDListDefinition_id": "[I:4]", "name": "Old", "deleted": "[I:1]"},
        ),
        rows("udlist"),
    )

    assert read_fields(client) == (
        UserField("person", "SuperOffice:1", "Visits", FieldKind.NUMBER, "userdef_id.long05", layout="3"),
        UserField("person", "Acme.Crm.Note", "L", FieldKind.TEXT, "userdef_id.string01", layout="3"),
        UserField("person", "x", "L", FieldKind.TEXT, "userdef2_id.string49", layout="3"),
        UserField("person", "SuperOffice:12", "L", FieldKind.DAY, "userdef_id.long60", layout="3"),
        UserField("person", "y", "L", FieldKind.DAY, "userdef_id.string40", layout="3"),
        UserField("company", "a", "L", FieldKind.CHECKBOX, "userdef_id.long01", layout="8"),
        UserField("company", "b", "L", FieldKind.ITEM, "userdef_id.long10", {41: "Gold"}, layout="8"),
        UserField("company", "c", "L", FieldKind.ITEM, "userdef_id.long11", {}, layout="8"),
        UserField("company", "d", "L", FieldKind.NUMBER, "userdef_id.double10", layout="8"),
    )


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("Number", 61),
        ("ShortText", 5),
        ("LongText", 0),
        ("LongText", 10),
        ("Decimal", 0),
        ("Date", 111),
        ("Sound", 5),
    ],
)
def test_a_field_that_lies_where_its_kind_can_not_is_not_read(
    client: SoapClient, fields: Any, kind: str, column: int
) -> None:
    """A column that is guessed wrong would decide by another field's values."""
    fields["Person"] = defined(kind, PERSON + column)

    assert read_fields(client) == ()


def test_no_list_is_read_where_no_field_shows_one(
    client: SoapClient, loopback: Loopback, fields: Any
) -> None:
    fields["Person"] = defined("Number", PERSON + 5)

    assert len(read_fields(client)) == 1
    assert loopback.count(READ) == 0


@pytest.mark.parametrize("response", ["", "<n:Preference><n:RawValue>61F</n:RawValue></n:Preference>"])
def test_a_crm_that_names_no_layout_has_none(
    client: SoapClient, loopback: Loopback, fields: Any, response: str
) -> None:
    loopback.standing["GetPreferences"] = answer("GetPreferences", response)

    assert layouts(client) == {"person": "", "company": ""}


def field(kind: FieldKind, column: str, owner: str = "person", layout: str = "3") -> UserField:
    return UserField(owner, "p", "", kind, column, layout=layout)


def stands(client: SoapClient, loopback: Loopback, one: UserField, shown: str | None) -> Any:
    """Read one field of one person, or of her company, that is shown as this."""
    hers: Mapping[str, Any] = {one.column: shown} if one.owner == "person" else {}
    company = {"contact_id": "[I:11]", "country_id": "[I:45]", "associate_id": "[I:1]", one.column: shown}

    def reply(handler: Any) -> Any:
        body = handler.body.decode()
        if ">person." in body:
            handler.send(Canned(rows("person", person(5, **hers))))
        else:
            handler.send(Canned(rows("contact", company) if ">contact." in body else rows("email")))

    loopback.standing[READ] = reply
    found = read_persons(client, [PersonId(5)], lambda ids: {one: {} for one in ids}, [one])
    assert found[PersonId(5)].company_country_id is None  # she has a country of her own
    return found[PersonId(5)].fields[one.key]


VALUES: list[tuple[FieldKind, str, str | None, object]] = [
    (FieldKind.NUMBER, "userdef_id.long05", "[I:3]", 3),
    (FieldKind.NUMBER, "userdef_id.long05", None, 0),
    (FieldKind.NUMBER, "userdef_id.double05", "[F:-1.5]", -1.5),
    (FieldKind.NUMBER, "userdef_id.double05", "[F:1E+06]", 1e6),
    (FieldKind.NUMBER, "userdef_id.double05", "2.25", 2.25),
    (FieldKind.NUMBER, "userdef_id.double05", None, 0.0),
    (FieldKind.TEXT, "userdef_id.string05", "[I:3]", "[I:3]"),
    (FieldKind.TEXT, "userdef_id.string05", None, None),
    (FieldKind.DAY, "userdef_id.long05", "[I:1798675200]", date(2026, 12, 31)),
    (FieldKind.DAY, "userdef_id.long05", "[D:12/31/2026]", date(2026, 12, 31)),
    (FieldKind.DAY, "userdef_id.long05", "[DT:01/01/0001 00:00:00.0000000]", None),
    (FieldKind.DAY, "userdef_id.long05", "[I:0]", None),
    (FieldKind.DAY, "userdef_id.string05", "19391231", date(1939, 12, 31)),
    (FieldKind.DAY, "userdef_id.string05", None, None),
    (FieldKind.CHECKBOX, "userdef_id.long05", "[I:1]", True),
    (FieldKind.CHECKBOX, "userdef_id.long05", None, False),
    (FieldKind.ITEM, "userdef_id.long05", "[I:41]", 41),
    (FieldKind.ITEM, "userdef_id.long05", "[I:0]", None),
]


@pytest.mark.parametrize("owner", ["person", "company"])
@pytest.mark.parametrize(("kind", "column", "shown", "value"), VALUES)
def test_what_stands_in_a_field(
    *,
    client: SoapClient,
    loopback: Loopback,
    owner: str,
    kind: FieldKind,
    column: str,
    shown: str | None,
    value: object,
) -> None:
    assert stands(client, loopback, field(kind, column, owner), shown) == value


@pytest.mark.parametrize(
    ("kind", "column", "shown"),
    [
        (FieldKind.NUMBER, "userdef_id.double05", "[F:one]"),
        (FieldKind.NUMBER, "userdef_id.long05", "[F:1.5]"),
        (FieldKind.DAY, "userdef_id.string05", "31.12.1939"),
        (FieldKind.DAY, "userdef_id.string05", "20260230"),
    ],
)
def test_a_form_that_the_contract_does_not_know_is_never_guessed(
    client: SoapClient, loopback: Loopback, kind: FieldKind, column: str, shown: str
) -> None:
    with pytest.raises(CrmFailure) as failed:
        stands(client, loopback, field(kind, column), shown)

    assert failed.value.fault is Fault.PROTOCOL


def test_without_a_company_its_fields_are_empty(client: SoapClient, loopback: Loopback) -> None:
    loopback.script(READ, rows("person", person(5, contact_id="[I:0]")), rows("email"))
    found = read_persons(
        client,
        [PersonId(5)],
        lambda ids: {one: {} for one in ids},
        [field(FieldKind.NUMBER, "userdef_id.long05", "company")],
    )

    assert found[PersonId(5)].fields == {"company/p": None}
