"""The addresses of the web services: who is let in, what is logged, what is refused and how."""

from __future__ import annotations

from datetime import timedelta

import pytest

from so_sandbox.demo_tenant import DEMO, NEIGHBOUR
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World
from tests.unit.sandbox.asking import APP, ENVELOPE, NS, Asker


@pytest.fixture
def person_id(tenant: Tenant) -> int:
    return tenant.create_person(channel="WEBFORM").person_id


def test_an_answer_carries_all_four_headers(asker: Asker, person_id: int) -> None:
    reply = asker.ask(
        "Person", "HasConsent", f"<n:PersonId>{person_id}</n:PersonId><n:Purpose>STORE</n:Purpose>"
    )
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/xml; charset=utf-8"
    header = reply.root.find(f"{{{ENVELOPE}}}Header")
    assert header is not None
    assert [node.tag for node in header] == [
        f"{{{NS}}}{name}" for name in ("ExceptionInfo", "ExtraInfo", "Succeeded", "TimeZone")
    ]
    assert reply.text("Response") == "true"


def test_each_call_is_logged(asker: Asker, world: World, person_id: int) -> None:
    asker.set_consent(person_id, "STORE", "API", "61F")
    asker.set_consent(1, "STORE", "API", "61F")
    asker.ask("Person", "FlyAway")
    asker.ask("Weather", "GetRain")
    asker.ask("Person", "HasConsent", tenant="Cust1")
    assert [(c.tenant, c.agent, c.operation, c.status) for c in world.calls.of()] == [
        (DEMO, "Person", "SetConsent", "ok"),
        (DEMO, "Person", "SetConsent", "refused:SoNotFoundException"),
        (DEMO, "Person", "FlyAway", "fault:not_imitated"),
        (DEMO, "Weather", "GetRain", "http_404"),
        ("Cust1", "Person", "HasConsent", "http_404"),
    ]
    assert all(call.seconds >= 0 for call in world.calls.of())


def test_paths_are_taken_in_any_case(asker: Asker, person_id: int) -> None:
    content = f"<n:PersonId>{person_id}</n:PersonId>"
    body = asker.envelope("GetConsentInfos", content)
    reply = asker.send(
        "pERSON", "GetConsentInfos", body, tenant="cust12345", action=f"{NS}/Person/GetConsentInfos"
    )
    assert reply.succeeded


def test_an_operation_beyond_the_sandbox_is_named(asker: Asker) -> None:
    reply = asker.ask("Person", "GetMyPerson")
    assert reply.status == 500
    assert b"does not imitate Person.GetMyPerson" in reply.body
    assert b"does not imitate Person.this operation" in asker.send("Person", "", b"<a/>", action="").body


def test_a_request_that_breaks_the_contract_is_refused_and_counted(asker: Asker, world: World) -> None:
    assert (
        asker.ask("Person", "HasConsent", "<n:Purpose>STORE</n:Purpose><n:PersonId>1</n:PersonId>").status
        == 500
    )
    assert asker.send("Person", "HasConsent", b"<broken").status == 500
    body = asker.envelope("HasConsent", "<n:PersonId>1</n:PersonId>")
    assert asker.send("Person", "HasConsent", body, action='"urn:other"').status == 500
    assert [text.partition(":")[0] for text in world.schema_violations] == [
        "request Person.HasConsent",
        "Person.HasConsent",
        "request Person.HasConsent",
    ]
    assert [call.status for call in world.calls.of()] == ["violation"] * 3


def test_an_answer_that_breaks_the_contract_is_not_sent(asker: Asker, world: World, tenant: Tenant) -> None:
    tenant.tables.lists.categories[5] = tenant.tables.lists.categories.pop(
        tenant.item_id("categories", "Partner")
    )
    tenant.tables.lists.categories[5].rank = 99_999
    assert asker.ask("List", "GetCategories").status == 500
    assert world.schema_violations[0].startswith("answer List.GetCategories")


@pytest.mark.parametrize(
    ("form", "status"), [("http_401", 401), ("succeeded_false", 200), ("soap_fault", 500)]
)
def test_a_ticket_that_is_not_good_is_refused_as_the_switch_says(
    asker: Asker, world: World, person_id: int, form: str, status: int
) -> None:
    world.switches.turn("expired_ticket", form)
    world.clock.advance(timedelta(hours=7))
    reply = asker.set_consent(person_id, "STORE", "API", "61F")
    assert reply.status == status
    if status == 200:
        assert (reply.text("Succeeded"), reply.exception) == ("false", "SoSessionException")
    assert asker.tenant.consent_keys(person_id)["STORE"] == ("61B", "WEBFORM", "")


def test_a_ticket_is_good_for_its_tenant_and_app_alone(asker: Asker, world: World, person_id: int) -> None:
    body = asker.envelope("HasConsent", f"<n:PersonId>{person_id}</n:PersonId>")
    assert asker.send("Person", "HasConsent", body, tenant=NEIGHBOUR).status == 401
    bare = body[: body.index("<s:Header>")] + body[body.index("<s:Body>") :]
    assert asker.send("Person", "HasConsent", bare).exception == "SoSentryException"
    world.applications["thief"] = type(world.applications[APP])("thief", "Thief", "stolen")
    asker.secret = "stolen"
    assert asker.ask("Person", "HasConsent").status == 401
    asker.secret = "unknown"
    assert asker.ask("Person", "HasConsent").exception == "SoSentryException"


def test_an_access_token_is_good_as_a_ticket(asker: Asker, world: World, person_id: int) -> None:
    user = asker.tenant.associate("user").associate_id
    asker.ticket = world.tickets.issue_access_token(
        context_identifier=DEMO, associate_id=user, client_id=APP, now=world.clock.now()
    ).value
    assert asker.set_consent(person_id, "STORE", "API", "61F").succeeded
    assert asker.tenant.consents(person_id)[0].updated_associate_id == user


def test_an_app_that_lost_its_authorization_is_refused(asker: Asker, tenant: Tenant) -> None:
    tenant.tables.authorizations[APP].state = "Revoked"
    assert asker.ask("Person", "HasConsent").status == 401


@pytest.mark.parametrize(
    ("state", "status"), [("OnlineMaintenance", 200), ("OfflineMaintenance", 503), ("Suspended", 503)]
)
def test_a_tenant_that_does_not_run_answers_nothing(
    asker: Asker, tenant: Tenant, state: str, status: int
) -> None:
    tenant.tables.state = state
    assert asker.ask("List", "GetCategories").status == status


def test_the_wrong_host_is_told(asker: Asker, tenant: Tenant) -> None:
    tenant.tables.host = "online2.example.com"
    reply = asker.ask("List", "GetCategories")
    assert reply.status == 421
    assert b"Wrong subdomain" in reply.body
    assert asker.ask("List", "GetCategories", host="ONLINE2.example.com").status == 200


def test_only_post_and_only_so_much(asker: Asker) -> None:
    refused = asker.send("Person", "HasConsent", b"", method="GET")
    assert (refused.status, refused.headers["allow"]) == (405, "POST")
    assert asker.send("Person", "HasConsent", b"x" * (8 * 1024 * 1024 + 1)).status == 413


def test_late_rows_are_there_when_they_are_asked_for(asker: Asker, world: World, tenant: Tenant) -> None:
    world.switches.turn("default_row", "late")
    person_id = tenant.create_person().person_id
    asked = f"<n:PersonId>{person_id}</n:PersonId>"
    assert asker.ask("Person", "GetConsentInfos", asked).texts("ConsentInfo") == []
    world.clock.advance(timedelta(seconds=5))
    assert len(asker.ask("Person", "GetConsentInfos", asked).texts("ConsentInfo")) == 1
