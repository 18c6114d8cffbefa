"""The port `Crm` against the sandbox: every envelope real, and judged against the schema."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, CrmFailure, Exit, Fault, NeedsHuman, NoOp, Refused, Retry
from so_privacy_ext.model import STORE, ContextIdentifier, PersonId, UserField
from so_privacy_ext.superoffice import subscriptions
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from so_privacy_ext.superoffice.door import TenantDoor
from so_privacy_ext.superoffice.environments import load
from so_privacy_ext.superoffice.private_key import load_private_key
from so_privacy_ext.superoffice.system_user import Application
from so_sandbox import server
from so_sandbox.server import RunningSandbox
from so_sandbox.user_fields import fill, move_fields
from so_sandbox.world.faults import Fault as Broken
from so_sandbox.world.switches import Switches
from so_sandbox.world.tenant import Tenant
from tests.unit.superoffice.loopback import Loopback, MovableClock

NAME = "Cust12345"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with server.start(directory=tmp_path_factory.mktemp("sandbox"), speed=100.0) as sandbox:
        yield sandbox


def connect(running: RunningSandbox, key: str = "private_key.pem", name: str = NAME) -> TenantConnection:
    folder: Path = running.directory or Path()
    application = Application(
        (folder / "application_token").read_text().strip(), load_private_key((folder / key).read_bytes())
    )
    return TenantConnection(
        load(folder / "environments.json")["sandbox"],
        lambda: application,
        ContextIdentifier(name),
        (folder / f"system_user_token.{NAME}").read_text().strip,
        MovableClock(),
    )


@pytest.fixture(scope="module")
def connection(running: RunningSandbox) -> Iterator[TenantConnection]:
    opened = connect(running)
    yield opened
    opened.close()


@pytest.fixture
def crm(connection: TenantConnection, running: RunningSandbox) -> Iterator[SuperOfficeCrm]:
    running.world.faults.clear()
    running.world.switches = Switches()
    yield SuperOfficeCrm(connection, lambda: None)
    assert running.world.schema_violations == []
    running.world.faults.clear()
    running.world.switches = Switches()
    connection.refuses_in = False


@pytest.fixture
def tenant(running: RunningSandbox) -> Tenant:
    found = running.world.tenant(NAME)
    assert found is not None
    return found


def breaks(running: RunningSandbox, kind: str, operation: str, times: int = 1) -> None:
    running.world.faults.add(Broken(kind=kind, operation=operation, times=times))


def write(crm: SuperOfficeCrm, person_id: int, **changes: str) -> None:
    given = {
        "purpose": STORE,
        "basis": "61F",
        "source": "API",
        "comment": "so-privacy r1 0123456789ab",
    } | changes
    crm.set_consent(PersonId(person_id), **given)


def test_a_person_is_read_and_a_consent_written_and_read_back(crm: SuperOfficeCrm, tenant: Any) -> None:
    company = next(iter(tenant.tables.companies))
    row = tenant.create_person(
        channel="WEBFORM",
        form="contact",
        emails=["anna@example.com", "anna@example.org"],
        consents={"EMARKETING": ("61A", "WEBFORM")},
        contact_id=company,
        year_of_birth=1999,
        month_of_birth=2,
        day_of_birth=28,
    )
    person_id = PersonId(row.person_id)

    person = crm.read_persons([person_id, PersonId(999_999)])[person_id]

    assert [one.address for one in person.emails] == ["anna@example.com", "anna@example.org"]
    assert {key: (one.basis, one.source) for key, one in person.consents.items()} == {
        "STORE": ("61B", "WEBFORM"),
        "EMARKETING": ("61A", "WEBFORM"),
    }
    assert crm.lists().forms[person.form_id] == "contact"
    assert person.birth_date is not None
    assert person.company_country_id == tenant.tables.companies[company].country_id
    write(crm, person_id, source="WEBFORM")
    consent = crm.read_consents([person_id])[person_id]["STORE"]
    assert (consent.basis, consent.source, consent.comment) == (
        "61F",
        "WEBFORM",
        "so-privacy r1 0123456789ab",
    )
    assert consent.updated_count == person.consents["STORE"].updated_count + 1
    assert consent.updated_associate_id == tenant.associate("app").associate_id


def test_who_is_gone_is_absent_though_rows_are_left(crm: SuperOfficeCrm, tenant: Any) -> None:
    deleted, merged, kept = (
        tenant.create_person(emails=[f"{n}@example.com"]).person_id for n in ("a", "b", "c")
    )
    tenant.soft_delete(deleted)
    tenant.merge(merged, kept)
    ids = [PersonId(one) for one in (deleted, merged, kept)]

    assert set(crm.read_persons(ids)) == {kept}
    assert crm.merged_into(ids) == {merged: kept}


@pytest.mark.row("F31")
def test_a_write_whose_reply_is_lost_stands_once(crm: SuperOfficeCrm, tenant: Any, running: Any) -> None:
    person_id = PersonId(tenant.create_person().person_id)
    before = crm.read_consents([person_id])[person_id][STORE].updated_count
    breaks(running, "apply_then_drop", "Person.SetConsent")

    with pytest.raises(CrmFailure) as caught:
        write(crm, person_id)

    assert (caught.value.fault, caught.value.applied) == (Fault.TRANSPORT, Applied.MAYBE)
    found = crm.read_consents([person_id])[person_id]
    assert (found[STORE].basis, found[STORE].updated_count) == ("61F", before + 1)


@pytest.mark.row("F28")
@pytest.mark.row("B69")
@pytest.mark.parametrize(
    "kind",
    ["truncated", "html", "empty", "empty_body", "wrong_response", "no_header", "drop", "apply_then_drop",
     "http_500", "http_502", "soap_fault", "http_401", "expired_ticket"],
)  # fmt: skip
def test_a_read_outlives_one_fault_of_any_kind(
    kind: Any, crm: SuperOfficeCrm, tenant: Any, running: Any
) -> None:
    person_id = PersonId(tenant.create_person(emails=["a@example.com"]).person_id)
    breaks(running, kind, "Archive.GetArchiveListByColumns2")

    assert set(crm.read_persons([person_id])) == {person_id}


@pytest.mark.row("F29")
def test_a_write_to_a_person_who_is_gone_is_nothing_to_do(crm: SuperOfficeCrm, tenant: Any) -> None:
    person_id = tenant.create_person().person_id
    tenant.soft_delete(person_id)

    with pytest.raises(NoOp) as caught:
        write(crm, person_id)
    assert caught.value.fault is Fault.NOT_FOUND


@pytest.mark.row("F33")
@pytest.mark.parametrize("answer", ["http_401", "succeeded_false", "soap_fault"])
def test_an_expired_ticket_in_each_wire_form(
    answer: Any, crm: SuperOfficeCrm, tenant: Any, running: Any
) -> None:
    person_id = PersonId(tenant.create_person().person_id)
    crm.read_consents([person_id])
    running.world.switches.expired_ticket = answer
    running.world.tickets.expire(NAME)

    assert set(crm.read_consents([person_id])) == {person_id}

    running.world.tickets.expire(NAME)
    with pytest.raises(CrmFailure) as caught:
        write(crm, person_id)
    assert caught.value.fault is Fault.EXPIRED_TICKET
    assert caught.value.applied is (Applied.NO if answer == "http_401" else Applied.MAYBE)
    write(crm, person_id)


def test_an_installation_that_refuses_in(
    crm: SuperOfficeCrm, tenant: Any, running: Any, connection: TenantConnection
) -> None:
    running.world.switches.archive_in = "refused"
    row = tenant.create_person(emails=["a@example.com"])
    person_id = PersonId(row.person_id)

    assert set(crm.read_persons([person_id, PersonId(999_999)])) == {person_id}
    assert connection.refuses_in
    assert crm.merged_into([person_id]) == {}
    assert not crm.notice_archived(person_id, 20, row.registered)


@pytest.mark.row("F72")
@pytest.mark.parametrize(
    "comment",
    ["x" * 300, "\N{PARTY POPPER}" * 200, "a\0b", "\N{RIGHT-TO-LEFT OVERRIDE}x", 'NO:"Ja";US:"Yes" <&>', ""],
)
def test_no_comment_of_ours_makes_a_fault(comment: Any, crm: SuperOfficeCrm, tenant: Any) -> None:
    person_id = PersonId(tenant.create_person().person_id)

    write(crm, person_id, comment=comment)


@pytest.mark.parametrize("key", ["store", "NOSUCH"])
def test_an_unknown_key_is_never_sent(key: Any, crm: SuperOfficeCrm, tenant: Any, running: Any) -> None:
    person_id = tenant.create_person().person_id
    crm.lists()
    sent = len(running.world.calls.calls)

    with pytest.raises(NeedsHuman):
        write(crm, person_id, purpose=key)
    assert len(running.world.calls.calls) == sent


def calls_of(running: RunningSandbox) -> int:
    return len(running.world.calls.calls)


def test_a_row_of_a_deleted_list_item_does_not_have_all_lists_read_each_time(
    crm: SuperOfficeCrm, tenant: Tenant, running: RunningSandbox
) -> None:
    """The CRM leaves deleted items out of its lists, and their rows stay."""
    person_id = PersonId(tenant.create_person(source="PHONE").person_id)
    source = tenant.tables.lists.sources[tenant.item_id("sources", "PHONE")]
    source.deleted = True
    crm.forget_lists()
    try:
        assert crm.read_consents([person_id])[person_id][STORE].source == f"#{source.item_id}"
        before = calls_of(running)
        crm.read_consents([person_id])
        assert calls_of(running) == before + 1
    finally:
        source.deleted = False
        crm.forget_lists()


def test_a_new_login_is_known_when_its_first_person_is_decided_on(
    crm: SuperOfficeCrm, tenant: Tenant, running: RunningSandbox
) -> None:
    crm.lists()
    supplier = tenant.add_associate("new supplier", kind=13, role="api")
    person_id = PersonId(tenant.create_person(by=supplier.associate_id).person_id)

    crm.read_persons([person_id])
    assert crm.lists().associates[supplier.associate_id].type == 13
    before = calls_of(running)
    crm.read_persons([person_id])
    crm.lists()
    assert calls_of(running) - before <= 4


def test_a_mail_is_sent_and_found_in_the_activities(crm: SuperOfficeCrm, tenant: Any) -> None:
    row = tenant.create_person(emails=["anna@example.com"], country_id=tenant.item_id("countries", "DK"))
    person_id = PersonId(row.person_id)
    template = next(one for one in crm.lists().templates if one.name == "privacy-notice-13")
    since = row.registered - timedelta(minutes=10)
    code = crm.best_language(person_id, template.item_id)
    assert not crm.notice_archived(person_id, template.item_id, since)
    count = len(tenant.tables.outbox)

    crm.send_notice(
        person_id,
        address="anna@example.com",
        template_id=template.item_id,
        lcid=crm.lists().solanguages[code],
    )

    assert code == "DA"
    assert len(tenant.tables.outbox) == count + 1
    assert crm.notice_archived(person_id, template.item_id, since)
    assert not crm.notice_archived(person_id, template.item_id + 1, since)
    assert not crm.notice_archived(person_id, template.item_id, since + timedelta(hours=1))


@pytest.mark.row("F32")
def test_a_mail_whose_reply_is_lost_is_asked_for_once(crm: SuperOfficeCrm, tenant: Any, running: Any) -> None:
    row = tenant.create_person(emails=["anna@example.com"])
    template_id = crm.lists().templates[0].item_id
    count = len(tenant.tables.outbox)
    breaks(running, "apply_then_drop", "Person.SendConsentConfirmationEmail")

    with pytest.raises(CrmFailure) as caught:
        crm.send_notice(
            PersonId(row.person_id), address="anna@example.com", template_id=template_id, lcid=1030
        )

    assert caught.value.applied is Applied.MAYBE
    assert len(tenant.tables.outbox) == count + 1
    assert crm.notice_archived(PersonId(row.person_id), template_id, row.registered - timedelta(minutes=10))


def test_our_webhook_is_saved_listed_and_deleted(
    crm: SuperOfficeCrm, connection: TenantConnection, tenant: Any, loopback: Loopback
) -> None:
    loopback.standing["Hook"] = b""
    client = SoapClient(connection, lambda: None)

    saved = subscriptions.save(
        client, target_url=f"{loopback.url}/webhooks/1", secret="c2VjcmV0" * 4, events=["person.created"]
    )

    assert saved.associate_id == tenant.associate("app").associate_id
    assert [one.webhook_id for one in subscriptions.list_own(client)] == [saved.webhook_id]
    subscriptions.delete(client, saved.webhook_id)
    assert subscriptions.list_own(client) == ()


def test_an_installation_comes_by_the_door(
    crm: SuperOfficeCrm, connection: TenantConnection, tenant: Tenant, loopback: Loopback
) -> None:
    loopback.standing["Hook"] = b""
    paces: list[None] = []
    door = TenantDoor(connection, lambda: paces.append(None))
    door.enter()
    assert paces == []
    assert door.lists() == crm.lists()

    webhook_id, associate_id = door.subscribe(
        "watch",
        target_url=f"{loopback.url}/webhooks/1",
        secret="c2VjcmV0" * 4,
        events=["webhook1.errors"],
        webhook_id=0,
    )

    assert associate_id == tenant.associate("app").associate_id
    assert [(one.webhook_id, one.name) for one in door.webhooks()] == [(webhook_id, "so-privacy-watch")]
    tenant.tables.webhooks[webhook_id].name = "somebody else's"
    assert door.webhooks() == []
    door.unsubscribe(webhook_id)
    assert tenant.webhooks() == []
    assert len(paces) > 20


def test_a_tenant_spelt_otherwise_is_refused_by_name(running: RunningSandbox) -> None:
    """Its deliveries name it as the CRM does, and would all be another tenant's."""
    connection = connect(running, name="cust12345")
    with pytest.raises(Refused, match="Cust12345") as refused:
        TenantDoor(connection, lambda: None).enter()
    connection.close()
    assert refused.value.exit_code is Exit.USAGE


@pytest.mark.row("F33")
def test_fifty_threads_sign_in_once_per_expiry(running: Any, tenant: Any) -> None:
    person_id = PersonId(tenant.create_person().person_id)
    connection = connect(running, "private_key.xml")
    crm = SuperOfficeCrm(connection, lambda: None)
    crm.read_consents([person_id])
    running.world.tickets.expire(NAME)
    together, found = threading.Barrier(50), []

    def one() -> None:
        together.wait()
        found.append(crm.read_consents([person_id]))

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.close()

    assert len(found) == 50
    out = [one for one in running.world.tickets.out.values() if one.context_identifier == NAME]
    assert len(out) == 1


def test_persons_with_fifty_addresses_each_are_read_whole(crm: SuperOfficeCrm, tenant: Tenant) -> None:
    """More rows than a page holds: the ids are halved until none is cut."""
    ids = [
        PersonId(
            tenant.create_person(emails=[f"p{person}-{number}@example.com" for number in range(50)]).person_id
        )
        for person in range(45)
    ]
    found = crm.read_persons(ids)

    assert {len(one.emails) for one in found.values()} == {50}
    assert [found[one].emails[0].address for one in ids] == [f"p{n}-0@example.com" for n in range(45)]


def test_more_persons_than_one_filter_takes(crm: SuperOfficeCrm, tenant: Tenant) -> None:
    ids = [PersonId(tenant.create_person(channel="WEBFORM").person_id) for _ in range(450)]
    found = crm.read_persons(ids)

    assert list(found) == ids
    assert {one.consents[STORE].source for one in found.values()} == {"WEBFORM"}


def fields_of(crm: SuperOfficeCrm) -> dict[str, UserField]:
    return {one.key: one for one in crm.lists().fields}


def test_user_defined_fields_are_read_with_the_person_and_her_company(
    crm: SuperOfficeCrm, tenant: Tenant
) -> None:
    company = tenant.add_company("Felt ApS", country="DK")
    hers = tenant.create_person(channel="USER", contact_id=company.contact_id, emails=["a@example.com"])
    alone = tenant.create_person(channel="USER", emails=["b@example.com"])
    told = len(tenant.tables.persons), hers.updated, hers.updated_count
    fill(
        tenant,
        "Person",
        hers.person_id,
        {
            "SuperOffice:1": "Silver",
            "Contract ends": "2026-12-31",
            "Wants news": "yes",
            "Customer number": "K-7",
        },
    )
    fill(tenant, "Contact", company.contact_id, {"Employees": "12", "Turnover": "1500000.5"})
    fields = fields_of(crm)
    level = fields["person/SuperOffice:1"]
    silver = next(item_id for item_id, name in level.items.items() if name == "Silver")
    ids = [PersonId(hers.person_id), PersonId(alone.person_id)]

    both = crm.read_persons(ids, list(fields.values()))
    named = crm.read_persons(ids, [level])

    assert (hers.updated, hers.updated_count) == told[1:]  # the CRM tells nobody
    assert both[ids[0]].fields == {
        "person/SuperOffice:1": silver,
        "person/SuperOffice:2": date(2026, 12, 31),
        "person/SuperOffice:3": True,
        "person/SuperOffice:4": "K-7",
        "company/SuperOffice:1": 12,
        "company/SuperOffice:2": 1500000.5,
    }
    assert both[ids[1]].fields == {
        "person/SuperOffice:1": None,
        "person/SuperOffice:2": None,
        "person/SuperOffice:3": False,
        "person/SuperOffice:4": None,
        "company/SuperOffice:1": None,
        "company/SuperOffice:2": None,
    }
    assert named[ids[0]].fields == {"person/SuperOffice:1": silver}
    assert crm.read_persons(ids)[ids[0]].fields == {}


def test_no_decision_is_made_by_a_column_that_has_become_another_fields(
    crm: SuperOfficeCrm, tenant: Tenant
) -> None:
    """An edit in the administrator's screen may move values to other columns."""
    person_id = PersonId(tenant.create_person(channel="USER").person_id)
    fill(tenant, "Person", person_id, {"Contract ends": "2026-12-31", "Wants news": "yes"})
    stale = list(fields_of(crm).values())

    move_fields(tenant, "Person")
    with pytest.raises(Retry) as failed:
        crm.read_persons([person_id], stale)
    fresh = fields_of(crm)

    assert (failed.value.fault, failed.value.applied) == (Fault.TRANSIENT, Applied.NO)
    assert [one.column for one in fresh.values()] != [one.column for one in stale]
    ends = crm.read_persons([person_id], list(fresh.values()))[person_id].fields["person/SuperOffice:2"]
    assert ends == date(2026, 12, 31)
