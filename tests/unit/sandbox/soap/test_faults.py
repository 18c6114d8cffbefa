"""Each fault that can be asked for, as a client sees it."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from so_sandbox.demo_tenant import DEMO
from so_sandbox.soap.connection import drop
from so_sandbox.world.faults import KINDS, Fault
from so_sandbox.world.tenant import Tenant
from tests.unit.sandbox.asking import NS, Asker, Reply


@pytest.fixture
def person_id(tenant: Tenant) -> int:
    return tenant.create_person(channel="WEBFORM").person_id


def _with(asker: Asker, person_id: int, kind: str, **how: object) -> tuple[Reply, bool]:
    """Set a consent under a fault; say whether it was written."""
    asker.world.faults.add(Fault(kind, "Person.SetConsent", **how))  # type: ignore[arg-type]  # named by the test
    reply = asker.set_consent(person_id, "STORE", "API", "61F")
    return reply, asker.tenant.consent_keys(person_id)["STORE"][0] == "61F"


def test_an_http_status_with_its_headers(asker: Asker, person_id: int) -> None:
    reply, written = _with(asker, person_id, "http_503", headers={"Retry-After": "7"})
    assert (reply.status, reply.headers["retry-after"], written) == (503, "7", False)
    assert asker.world.calls.of()[0].status == "fault:http_503"
    assert asker.set_consent(person_id, "STORE", "API", "61F").succeeded


def test_an_http_status_after_the_work_was_done(asker: Asker, person_id: int) -> None:
    reply, written = _with(asker, person_id, "http_502", apply=True)
    assert (reply.status, written) == (502, True)


def test_a_soap_fault(asker: Asker, person_id: int) -> None:
    reply, written = _with(asker, person_id, "soap_fault:Server unavailable")
    assert (reply.status, written) == (500, False)
    assert b"<faultstring>Server unavailable</faultstring>" in reply.body
    assert b"Agent.Call(Server unavailable)</StackTrace>" in reply.body


def test_succeeded_false_with_an_exception_type(asker: Asker, person_id: int) -> None:
    reply, written = _with(asker, person_id, "succeeded_false:SuperOffice.Exceptions.SoDbAccessException")
    assert (reply.status, reply.text("Succeeded"), written) == (200, "false", False)
    assert reply.exception == "SoDbAccessException"
    other, _ = _with(asker, person_id, "succeeded_false")
    assert other.exception == "SoServerException"
    telling, _ = _with(asker, person_id, "succeeded_false:SuperOffice.SoNotFoundException:no Kari: gone")
    assert (telling.exception, telling.text("Message")) == ("SoNotFoundException", "no Kari: gone")
    assert "Call(no Kari: gone)" in (telling.text("StackTrace") or "")


def test_no_header(asker: Asker, person_id: int) -> None:
    reply, written = _with(asker, person_id, "no_header")
    assert (reply.status, reply.text("Succeeded"), written) == (200, None, True)
    assert reply.root.find(f".//{{{NS}}}SetConsentResponse") is not None


def test_a_bare_answer_has_no_header_to_lose(asker: Asker, person_id: int) -> None:
    asker.ticket = "7T:old"
    reply, written = _with(asker, person_id, "no_header")
    assert (reply.status, written) == (401, False)


def test_half_an_answer(asker: Asker, person_id: int) -> None:
    reply, written = _with(asker, person_id, "truncated")
    assert (reply.status, written) == (200, True)
    assert reply.body.startswith(b"<s:Envelope")
    assert not reply.body.endswith(b"</s:Envelope>")


def test_html_nothing_and_an_empty_body(asker: Asker, person_id: int) -> None:
    page, _ = _with(asker, person_id, "html")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    nothing, _ = _with(asker, person_id, "empty")
    assert (nothing.status, nothing.body) == (200, b"")
    hollow, written = _with(asker, person_id, "empty_body")
    assert hollow.text("SetConsentResponse") is None
    assert hollow.body.endswith(b"<s:Body/></s:Envelope>")
    assert written


def test_another_operations_response(asker: Asker, person_id: int) -> None:
    reply, _ = _with(asker, person_id, "wrong_response")
    assert reply.text("Succeeded") == "true"
    assert reply.root.find(f".//{{{NS}}}SetConsentResponse") is None
    asker.world.faults.add(Fault("wrong_response"))
    lone = asker.query("person.person_id", "person.person_id > 0", "person.person_id asc")
    assert lone.root.find(f".//{{{NS}}}GetProviderNamesResponse") is not None


def test_an_expired_ticket_on_request(asker: Asker, person_id: int) -> None:
    reply, written = _with(asker, person_id, "expired_ticket")
    assert (reply.status, written) == (401, False)


def test_success_without_the_work(asker: Asker, person_id: int) -> None:
    reply, written = _with(asker, person_id, "not_applied")
    assert reply.succeeded
    assert not written
    half, written = _with(asker, person_id, "truncated", apply=False)
    assert not half.body.endswith(b"</s:Envelope>")
    assert not written


def test_delay_and_slow(asker: Asker, person_id: int) -> None:
    for kind in ("delay:0.05", "slow:0.05"):
        asker.tenant.set_consent(person_id, "STORE", "61B", "API", by=1)
        before = time.monotonic()
        reply, written = _with(asker, person_id, kind)
        assert reply.succeeded
        assert written
        assert time.monotonic() - before >= 0.05


@pytest.mark.parametrize(("kind", "applied"), [("drop", False), ("apply_then_drop", True)])
def test_a_dropped_answer_in_process(asker: Asker, person_id: int, kind: str, applied: bool) -> None:
    with pytest.raises(ConnectionResetError):
        _with(asker, person_id, kind)
    assert (asker.tenant.consent_keys(person_id)["STORE"][0] == "61F") is applied


def test_only_a_mass_operation_can_be_half_done(asker: Asker, person_id: int) -> None:
    reply, written = _with(asker, person_id, "half_done")
    assert reply.succeeded
    assert written


def test_every_kind_is_tried_here() -> None:
    tried = {
        "soap_fault", "succeeded_false", "no_header", "truncated", "html", "empty", "empty_body",
        "wrong_response", "apply_then_drop", "drop", "delay", "not_applied", "expired_ticket", "slow",
        "half_done",
    }  # fmt: skip
    assert tried == set(KINDS)


@pytest.fixture
def port(asker: Asker) -> Iterator[int]:
    """The same application behind a real server."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(asker.app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.mark.parametrize(("kind", "applied"), [("drop", False), ("apply_then_drop", True)])
def test_a_dropped_answer_on_the_wire(
    asker: Asker, person_id: int, port: int, kind: str, applied: bool
) -> None:
    asker.world.faults.add(Fault(kind))
    content = (
        f"<n:PersonId>{person_id}</n:PersonId><n:Purpose>STORE</n:Purpose><n:Source>API</n:Source>"
        "<n:LegalBase>61F</n:LegalBase><n:Comment/>"
    )
    body = asker.envelope("SetConsent", content)
    headers = {"SOAPAction": f'"{NS}/Person/SetConsent"', "Content-Type": "text/xml; charset=utf-8"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", f"/{DEMO}/Remote/Services88/Person.svc", body, headers)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        connection.getresponse()
    connection.close()
    assert (asker.tenant.consent_keys(person_id)["STORE"][0] == "61F") is applied
    again = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    again.request("POST", f"/{DEMO}/Remote/Services88/Person.svc", body, headers)
    assert again.getresponse().status == 200
    again.close()


def test_without_a_transport_a_drop_is_an_error() -> None:
    with pytest.raises(ConnectionResetError):
        asyncio.run(drop({}))
