"""Persons with addresses and consents, in the fewest calls."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from so_privacy_ext.errors import CrmFailure, Fault
from so_privacy_ext.model import AssociateId, Consent, EmailAddress, Glance, PersonId
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.persons import glance, merged_into, next_person_id, read_persons
from tests.unit.superoffice.loopback import Canned, Loopback, rows

READ = "GetArchiveListByColumns2"
MOMENT = "[DT:11/20/2026 10:15:30.0000000]"


def person(number: Any, **changes: Any) -> Any:
    return {
        "person_id": f"[I:{number}]", "contact_id": "[I:11]", "country_id": "[I:45]",
        "category_idx": "[I:1]", "business_idx": "[I:2]", "retired": "[I:0]", "registered": MOMENT,
        "registered_associate_id": "[I:27]",
        "updated": MOMENT, "updated_associate_id": "[I:27]", "updatedCount": "[I:3]",
    } | changes  # fmt: skip


def email(number: Any, person_id: Any, address: Any = "anna@example.com", **changes: Any) -> Any:
    return {
        "email_id": f"[I:{number}]", "person_id": f"[I:{person_id}]", "email_address": address,
        "type": "[I:0]", "rank": "[I:1]", "updated": MOMENT,
    } | changes  # fmt: skip


@pytest.fixture
def tables(loopback: Loopback) -> Any:
    """What each table answers; anything not named here is empty."""
    found: dict[str, Any] = {}

    def reply(handler: Any) -> Any:
        body = handler.body.decode()
        table = next(name for name in ("person", "email", "contact", "mergemovelog") if f">{name}." in body)
        handler.send(Canned(rows(table, *found.get(table, ()))))

    loopback.standing[READ] = reply
    return found


def read(client: SoapClient, *ids: int) -> Any:
    asked = []

    def consents(here: Any) -> Any:
        asked.append(list(here))
        return {one: {} for one in here}

    found = read_persons(client, [PersonId(one) for one in ids], consents)
    return found, asked


def test_a_person_in_full(client: SoapClient, loopback: Loopback, tables: Any) -> None:
    tables["person"] = [
        person(
            5, position_idx="[I:7]", retired="[I:1]", created_by_form_id="[I:3]", supportLanguageId="[I:2]",
            year_of_birth="[I:1999]", month_of_birth="[I:2]", day_of_birth="[I:28]", activeErpLinks="[I:1]",
        )
    ]  # fmt: skip
    tables["email"] = [email(1, 5)]

    found, asked = read(client, 5, 6, 5, 0)

    assert list(found) == [5]
    assert asked == [[5]]
    one = found[PersonId(5)]
    assert (one.company_id, one.company_country_id, one.country_id) == (11, None, 45)
    assert (one.category_id, one.business_id, one.position_id, one.form_id, one.language_id) == (
        1,
        2,
        7,
        3,
        2,
    )
    assert (one.retired, one.erp_linked, one.updated_count) == (True, True, 3)
    assert one.birth_date == date(1999, 2, 28)
    assert one.registered == datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)
    assert one.emails == (EmailAddress("anna@example.com", rank=1),)
    assert "anna" not in repr(one)
    assert loopback.count(READ) == 2
    assert "person.person_id in (5,6)" in loopback.bodies(READ)[0]


def test_nobody_is_found_in_one_call(client: SoapClient, loopback: Loopback, tables: Any) -> None:
    assert read(client, 5, 6) == ({}, [])
    assert loopback.count(READ) == 1


def test_nobody_is_asked_for_in_none(client: SoapClient, loopback: Loopback, tables: Any) -> None:
    assert read(client) == ({}, [])
    assert loopback.calls == []


def test_a_glance_sees_what_tells_of_a_change_as_the_whole_person_does(
    client: SoapClient, loopback: Loopback, tables: Any
) -> None:
    tables["person"] = [person(5), person(6, updatedCount="[I:8]"), person(99)]
    tables["email"] = [email(9, 5, type="[I:1]"), email(3, 5), email(4, 99)]
    at = datetime(2026, 11, 21, tzinfo=UTC)
    row = Consent(PersonId(5), "STORE", "61B", "CARD", "", at, AssociateId(7), None, AssociateId(0), 2)

    def consents(here: Any) -> Any:
        return {one: {"STORE": row} if one == 5 else {} for one in here}

    seen = glance(client, [PersonId(5), PersonId(6), PersonId(7)], consents)
    whole = read_persons(client, [PersonId(5), PersonId(6), PersonId(7)], consents)

    assert seen == {one: Glance(person.mark, person.consents) for one, person in whole.items()}
    assert sorted(seen) == [5, 6]
    assert (seen[PersonId(5)].mark.address_id, seen[PersonId(5)].mark.consents_at) == (9, at)
    assert (seen[PersonId(6)].mark.updated_count, seen[PersonId(6)].mark.consents_at) == (8, None)
    persons, addresses = loopback.bodies(READ)[:2]
    assert ">person.person_id,person.updatedCount<" in persons
    assert ">email.email_id,email.person_id<" in addresses


def test_a_glance_at_nobody_costs_one_call(client: SoapClient, loopback: Loopback, tables: Any) -> None:
    assert glance(client, [PersonId(5)], lambda _: {}) == {}
    assert loopback.count(READ) == 1


def test_rows_that_were_not_asked_for_are_dropped(
    client: SoapClient, loopback: Loopback, tables: Any
) -> None:
    tables["person"] = [person(5), person(99)]
    tables["email"] = [email(1, 99)]

    found, _ = read(client, 5)

    assert list(found) == [5]
    assert found[PersonId(5)].emails == ()


def test_addresses_are_ordered_by_rank_and_only_mail_counts(
    client: SoapClient, loopback: Loopback, tables: Any
) -> None:
    tables["person"] = [person(5)]
    tables["email"] = [
        email(1, 5, "second@example.com", rank="[I:2]", bounceCount="[I:4]"),
        email(2, 5, "chat@example.com", type="[I:1]", rank="[I:1]"),
        email(4, 5, "later@example.com", rank="[I:1]"),
        email(3, 5, "first@example.com", rank="[I:1]"),
        email(5, 5, " ", rank="[I:0]"),
    ]

    found, _ = read(client, 5)

    assert found[PersonId(5)].emails == (
        EmailAddress("first@example.com", rank=1),
        EmailAddress("later@example.com", rank=1),
        EmailAddress("second@example.com", rank=2, bounce_count=4),
    )


def test_only_persons_without_a_country_have_their_company_read(
    client: SoapClient, loopback: Loopback, tables: Any
) -> None:
    tables["person"] = [
        person(5),
        person(6, country_id="[I:0]", contact_id="[I:12]"),
        person(7, country_id="[I:0]", contact_id="[I:0]"),
    ]
    tables["contact"] = [{"contact_id": "[I:12]", "country_id": "[I:46]", "associate_id": "[I:27]"}]

    found, _ = read(client, 5, 6, 7)

    assert [one.company_country_id for one in found.values()] == [None, 46, None]
    assert "contact.contact_id in (12)" in loopback.bodies(READ)[-1]


@pytest.mark.parametrize("born", [(0, 2, 28), (1999, 0, 28), (1999, 2, 0), (1999, 2, 30), (0, 0, 0)])
def test_a_birth_date_in_parts_is_none(
    born: Any, client: SoapClient, loopback: Loopback, tables: Any
) -> None:
    year, month, day = born
    tables["person"] = [
        person(5, year_of_birth=f"[I:{year}]", month_of_birth=f"[I:{month}]", day_of_birth=f"[I:{day}]")
    ]
    found, _ = read(client, 5)

    assert found[PersonId(5)].birth_date is None


def test_a_person_without_a_time_is_a_protocol_fault(
    client: SoapClient, loopback: Loopback, tables: Any
) -> None:
    tables["person"] = [person(5, registered="[D:01/01/0001]")]

    with pytest.raises(CrmFailure) as caught:
        read(client, 5)
    assert caught.value.fault is Fault.PROTOCOL


def test_merged_persons_are_followed_by_their_last_merge(
    client: SoapClient, loopback: Loopback, tables: Any
) -> None:
    tables["mergemovelog"] = [
        {"mergemovelog_id": "[I:1]", "sourceRecord": "[I:5]", "destinationRecord": "[I:6]"},
        {"mergemovelog_id": "[I:2]", "sourceRecord": "[I:5]", "destinationRecord": "[I:7]"},
    ]

    assert merged_into(client, [PersonId(5), PersonId(8), PersonId(0)]) == {5: 7}
    assert "mergemovelog.tableNumber = 6 and mergemovelog.sourceRecord in (5,8)" in loopback.bodies(READ)[0]


@pytest.mark.row("F41")
def test_the_number_of_the_next_person(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = rows("sequence", {"next_id": "[I:77]", "tablename": "Person"})
    assert next_person_id(client) == 77
    loopback.standing[READ] = rows("sequence", {"next_id": "[I:7]", "tablename": "contact"})
    with pytest.raises(CrmFailure) as caught:
        next_person_id(client)
    assert caught.value.fault is Fault.PROTOCOL
