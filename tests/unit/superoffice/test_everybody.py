"""All persons of a tenant, page by page, against the sandbox."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from so_privacy_ext.errors import CrmFailure, Fault, Retry
from so_privacy_ext.model import ContextIdentifier, Person, PersonId, UserField
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from so_privacy_ext.superoffice.environments import load
from so_privacy_ext.superoffice.everybody import Everybody, Noticed
from so_privacy_ext.superoffice.private_key import load_private_key
from so_privacy_ext.superoffice.system_user import Application
from so_sandbox import server
from so_sandbox.server import RunningSandbox
from so_sandbox.user_fields import fill, move_fields
from so_sandbox.world.faults import Fault as Broken
from so_sandbox.world.tenant import Tenant
from tests.unit.processing.fake_crm import tenant_lists
from tests.unit.superoffice.loopback import Canned, Loopback, MovableClock, rows

NAME = "Cust12345"
LAST = PersonId(2**31 - 1)
READ = "Archive.GetArchiveListByColumns2"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with server.start(directory=tmp_path_factory.mktemp("sandbox"), speed=100.0) as sandbox:
        yield sandbox


@pytest.fixture
def tenant(running: RunningSandbox) -> Iterator[Tenant]:
    found = running.world.tenant(NAME)
    assert found is not None
    before = running.world.snapshot()
    yield found
    running.world.faults.clear()
    running.world.restore(before)
    assert running.world.schema_violations == []


@pytest.fixture(scope="module")
def connection(running: RunningSandbox) -> Iterator[TenantConnection]:
    folder: Path = running.directory or Path()
    key = load_private_key((folder / "private_key.pem").read_bytes())
    application = Application((folder / "application_token").read_text().strip(), key)
    opened = TenantConnection(
        load(folder / "environments.json")["sandbox"],
        lambda: application,
        ContextIdentifier(NAME),
        (folder / f"system_user_token.{NAME}").read_text().strip,
        MovableClock(),
    )
    yield opened
    opened.close()


@pytest.fixture
def crm(connection: TenantConnection) -> SuperOfficeCrm:
    return SuperOfficeCrm(connection, lambda: None)


def populate(tenant: Tenant, count: int) -> list[PersonId]:
    """Enter persons with none to three addresses, none to two consents more, some gone, some abroad."""
    dice = random.Random(7)  # the same persons each time
    abroad = [
        tenant.add_company(f"C{n}", country=country).contact_id for n, country in enumerate(("NO", "DE"))
    ]
    ids = []
    for number in range(count):
        person = tenant.create_person(
            channel=dice.choice(("WEBFORM", "USER", "API")),
            emails=[f"p{number}.{n}@example.com" for n in range(dice.randrange(4))],
            contact_id=dice.choice(abroad),
            country_id=0 if number % 3 else tenant.item_id("countries", "DK"),
        )
        if number % 5 == 0:
            tenant.set_consent(person.person_id, "EMARKETING", "61A", "WEBFORM", "said so", by=7)
        ids.append(PersonId(person.person_id))
        if number % 11 == 10:
            tenant.soft_delete(person.person_id)
    return ids


def all_of(crm: SuperOfficeCrm, *, page_size: int, last: PersonId = LAST) -> list[Person]:
    reading, found = Everybody(last, page_size=page_size), list[Person]()
    while not reading.ended:
        found += crm.read_next(reading)
    return found


@pytest.mark.parametrize("page_size", [6, 7, 10, 1000])
def test_everybody_is_read_once_and_as_one_by_one(
    crm: SuperOfficeCrm, tenant: Tenant, page_size: int
) -> None:
    populate(tenant, 40)
    found = all_of(crm, page_size=page_size)
    ids = [one.person_id for one in found]
    assert ids == sorted(set(ids))
    assert {one.person_id: one for one in found} == crm.read_persons(
        [PersonId(i) for i in tenant.tables.persons]
    )


def test_nobody_who_came_after_the_beginning_is_read(crm: SuperOfficeCrm, tenant: Tenant) -> None:
    ids = populate(tenant, 9)
    found = all_of(crm, page_size=1000, last=ids[4])
    assert max(one.person_id for one in found) == ids[4]


def test_an_empty_tenant_has_no_persons(crm: SuperOfficeCrm, tenant: Tenant) -> None:
    for person_id in list(tenant.tables.persons):
        tenant.hard_delete(person_id)
    assert all_of(crm, page_size=1000) == []


@pytest.mark.parametrize("page_size", [50, 1000])
def test_a_page_of_each_table_costs_one_call(
    crm: SuperOfficeCrm, tenant: Tenant, running: RunningSandbox, page_size: int
) -> None:
    populate(tenant, 300)
    crm.lists()
    running.world.calls.clear()
    persons = all_of(crm, page_size=page_size)
    tables = tenant.tables
    rows = len(persons), *(sum(map(len, kept.values())) for kept in (tables.emails, tables.consents))
    pages = sum(count // (page_size - 3) + 1 for count in rows)  # a page's last person is read again
    companies, ends = 1, 4
    answered = [call for call in running.world.calls.of(NAME) if call.status == "ok"]
    assert len(answered) <= pages + companies + ends


def test_many_companies_are_read_whole_and_not_one_by_one(
    crm: SuperOfficeCrm, tenant: Tenant, running: RunningSandbox
) -> None:
    for number in range(201):
        tenant.create_person(contact_id=tenant.add_company(f"N{number}", country="NO").contact_id)
    gone = tenant.add_company("gone").contact_id
    person_id = PersonId(tenant.create_person(contact_id=gone).person_id)
    del tenant.tables.companies[gone]
    crm.lists()
    running.world.calls.clear()
    persons = {one.person_id: one for one in all_of(crm, page_size=1000)}
    assert persons[person_id].company_country_id == 0
    assert len(list(running.world.calls.of(NAME))) <= 9
    norway = tenant.item_id("countries", "NO")
    assert sum(one.company_country_id == norway for one in persons.values()) >= 201


@pytest.mark.parametrize("nth", range(1, 7))
def test_a_page_that_failed_is_read_again(
    crm: SuperOfficeCrm, tenant: Tenant, running: RunningSandbox, nth: int
) -> None:
    populate(tenant, 25)
    crm.read_consents([LAST])  # signs in
    running.world.faults.add(
        Broken(kind="succeeded_false:SuperOffice.SoAccessDeniedException", operation=READ, nth=nth)
    )
    reading, found, failed = Everybody(LAST, page_size=10), list[Person](), 0
    while not reading.ended:
        try:
            found += crm.read_next(reading)
        except CrmFailure:
            failed += 1
    assert failed == 1
    running.world.faults.clear()
    assert found == all_of(crm, page_size=1000)


def test_more_rows_for_a_person_than_a_page_holds_are_refused(crm: SuperOfficeCrm, tenant: Tenant) -> None:
    tenant.create_person(emails=[f"p{n}@example.com" for n in range(6)])
    with pytest.raises(CrmFailure, match="more rows for one id") as caught:
        all_of(crm, page_size=5)
    assert caught.value.fault is Fault.PROTOCOL


def test_a_page_that_does_not_move_on_is_refused(loopback: Loopback) -> None:
    row: dict[str, str | None] = {
        "person_id": "[I:5]", "contact_id": "[I:0]", "country_id": "[I:0]", "category_idx": "[I:0]",
        "business_idx": "[I:0]", "registered": "[DT:11/20/2026 10:15:30.0000000]",
        "registered_associate_id": "[I:0]", "updated": "[DT:01/01/0001 00:00:00.0000000]",
        "updated_associate_id": "[I:0]", "updatedCount": "[I:0]",
    }  # fmt: skip
    loopback.standing["GetArchiveListByColumns2"] = Canned(rows("person", row))
    reading = Everybody(LAST)
    reading.after = PersonId(5)
    with closing(loopback.connect()) as connection, pytest.raises(CrmFailure, match="does not move on"):
        reading.page(SoapClient(connection, lambda: None), tenant_lists, lambda _: None, lambda _: None)


def test_whoever_was_sent_a_privacy_mail_is_known_from_the_archive(
    crm: SuperOfficeCrm, tenant: Tenant
) -> None:
    by_13, by_14, by_chat, _ = populate(tenant, 4)
    user = tenant.associate("user").associate_id
    ids = {}
    for person_id, name in (
        (by_13, "privacy-notice-13"),
        (by_14, "privacy-notice-14"),
        (by_chat, "chat-welcome"),
    ):
        ids[name] = tenant.item_id("templates", name)
        tenant.send_privacy_mail(
            person_id, address="x@example.com", template_id=ids[name], lcid=1030, by=user
        )
    reading, found = Noticed([ids["privacy-notice-13"], ids["privacy-notice-14"]]), set[PersonId]()
    while not reading.ended:
        found |= set(crm.read_noticed(reading))
    assert found == {by_13, by_14}
    assert Noticed([]).ended


def test_who_refers_to_something_new_has_the_lists_read_anew(crm: SuperOfficeCrm, tenant: Tenant) -> None:
    crm.lists()
    newcomer = tenant.add_associate("new", kind=0, role="newcomer").associate_id
    tenant.create_person(by=newcomer, age=timedelta(days=1))
    all_of(crm, page_size=1000)
    assert newcomer in crm.lists().associates


def test_user_defined_fields_are_read_of_everybody_and_a_page_that_moved_is_read_again(
    crm: SuperOfficeCrm, tenant: Tenant
) -> None:
    companies = [tenant.add_company(f"Felt {n}", country="DK").contact_id for n in range(2)]
    persons = [tenant.create_person(contact_id=one) for one in (*companies, companies[0])]
    for number, person in enumerate(persons):
        fill(tenant, "Person", person.person_id, {"Contract ends": f"2026-12-0{number + 1}"})
    fill(tenant, "Contact", companies[0], {"Employees": "12"})
    crm.forget_lists()
    stale = Everybody(LAST, page_size=2, fields=_named(crm))
    crm.read_next(stale)
    before = stale.after

    move_fields(tenant, "Person")
    with pytest.raises(Retry):
        crm.read_next(stale)
    fresh, found = Everybody(LAST, fields=_named(crm)), dict[int, Person]()
    while not fresh.ended:
        found |= {one.person_id: one for one in crm.read_next(fresh)}

    assert stale.after == before
    assert [found[one.person_id].fields for one in persons] == [
        {"person/SuperOffice:2": date(2026, 12, 1), "company/SuperOffice:1": 12},
        {"person/SuperOffice:2": date(2026, 12, 2), "company/SuperOffice:1": 0},
        {"person/SuperOffice:2": date(2026, 12, 3), "company/SuperOffice:1": 12},
    ]


def _named(crm: SuperOfficeCrm) -> list[UserField]:
    return [one for one in crm.lists().fields if one.key in {"person/SuperOffice:2", "company/SuperOffice:1"}]


def test_many_who_stand_close_together_are_read_by_pages_and_as_one_by_one(
    crm: SuperOfficeCrm, tenant: Tenant, running: RunningSandbox
) -> None:
    ids = populate(tenant, 260)
    crm.lists()
    few = [ids[start : start + 100] for start in range(0, len(ids), 100)]
    persons = {one: person for some in few for one, person in crm.read_persons(some).items()}
    consents = {one: rows for some in few for one, rows in crm.read_consents(some).items()}
    running.world.calls.clear()

    asked = ids[:3] + ids[4:]
    assert crm.read_persons(asked) == {one: row for one, row in persons.items() if one != ids[3]}
    assert len(running.world.calls.of(NAME)) <= 7
    running.world.calls.clear()
    assert crm.read_consents(asked) == {one: rows for one, rows in consents.items() if one != ids[3]}
    assert len(running.world.calls.of(NAME)) <= 2


def test_many_who_stand_far_apart_are_named(crm: SuperOfficeCrm, running: RunningSandbox) -> None:
    running.world.calls.clear()
    assert crm.read_persons([PersonId(900_000 + 10 * number) for number in range(201)]) == {}
    assert len([call for call in running.world.calls.of(NAME) if call.status == "ok"]) == 2
