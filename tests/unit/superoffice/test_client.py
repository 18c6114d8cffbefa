from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from so_privacy_ext.errors import (
    Applied,
    CrmFailure,
    Fault,
    NeedsHuman,
    NoOp,
    Park,
    Retry,
    StorageUnavailable,
)
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from tests.unit.superoffice.loopback import Canned, Loopback, answer, envelope, refusal, soap_fault

READ = "GetBestSoLanguageForTemplate"
WRITE = "SetConsent"
CONSENT = {"PersonId": 5, "Purpose": "STORE", "Source": "API", "LegalBase": "61F", "Comment": "so-privacy r1"}
EXPIRED = [
    pytest.param(Canned(status=401), id="status 401"),
    pytest.param(refusal(READ, "SuperOffice.Exceptions.SoSessionException"), id="succeeded false"),
    pytest.param(Canned(soap_fault("Your session has expired"), 500), id="soap fault in a 500"),
    pytest.param(soap_fault("x", "<t>SoSessionException</t>"), id="soap fault in a 200"),
]


def read(client: SoapClient) -> Any:
    return client.call(READ, PersonId=5, TemplateId=20)


def write(client: SoapClient) -> Any:
    client.call(WRITE, **CONSENT)


def fails(call: Callable[[SoapClient], Any], client: SoapClient) -> CrmFailure:
    with pytest.raises(CrmFailure) as caught:
        call(client)
    assert "CANARY" not in repr(caught.value) + str(caught.value)
    return caught.value


def test_a_call_carries_application_token_ticket_and_time_zone(
    client: SoapClient, loopback: Loopback, paces: list[Any]
) -> None:
    loopback.standing[READ] = answer(READ, "DA")

    assert read(client) == "DA"

    call = loopback.calls[-1]
    body = call.body.decode()
    assert ">client-secret</" in body
    assert ">7T:ticket1</" in body
    assert ">UTC</" in body
    assert call.headers["SOAPAction"] == (
        f'"http://www.superoffice.net/ws/crm/NetServer/Services88/Person/{READ}"'
    )
    assert "Addressing" not in body
    assert len(paces) == 1


def test_a_write_returns_nothing(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[WRITE] = answer(WRITE)

    assert client.call(WRITE, **CONSENT) is None


@pytest.mark.row("F71")
@pytest.mark.parametrize(
    "name", ["SavePersonEntity", "RemoveConsent", "DeletePersonEntity", "Truncate", "GetPerson"]
)
def test_an_operation_that_is_not_allowed_can_not_be_called(
    name: Any, client: SoapClient, loopback: Loopback
) -> None:
    with pytest.raises(KeyError):
        client.call(name)

    assert loopback.calls == []


@pytest.mark.row("F28")
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answer(READ, "DA")[:-20], id="truncated"),
        pytest.param(Canned(b"<html><body>Sorry</body></html>", media_type="text/html"), id="html"),
        pytest.param(Canned(b"<html/>"), id="html that says it is XML"),
        pytest.param(b"", id="empty"),
        pytest.param(envelope(""), id="empty Body"),
        pytest.param(answer("GetPersonList", "DA"), id="another operation's response"),
        pytest.param(Canned(answer(READ, "DA"), media_type="text/xml; charset=utf-16"), id="charset"),
        pytest.param(Canned(answer(READ, "DA"), status=202), id="status 202"),
        pytest.param(Canned(status=302, headers={"Location": "http://127.0.0.1:1/"}), id="redirect"),
    ],
)
def test_an_answer_that_is_none_is_a_protocol_fault_and_the_read_is_repeated(
    reply: Any, client: SoapClient, loopback: Loopback, paces: list[Any]
) -> None:
    loopback.script(READ, reply, answer(READ, "DA"))
    assert read(client) == "DA"

    loopback.script(READ, reply, reply)
    failure = fails(read, client)

    assert (type(failure), failure.fault) == (Retry, Fault.PROTOCOL)
    assert loopback.count(READ) == len(paces) == 4


@pytest.mark.row("F28")
@pytest.mark.row("F31")
def test_a_write_is_never_repeated_blindly(client: SoapClient, loopback: Loopback) -> None:
    for reply in (
        answer(WRITE)[:-20],
        Canned(status=500),
        Canned(status=503),
        lambda handler: handler.raw(b""),
    ):
        loopback.script(WRITE, reply)
        failure = fails(write, client)
        assert isinstance(failure, Retry)
        assert failure.applied is Applied.MAYBE
    assert loopback.count(WRITE) == 4


@pytest.mark.row("F29")
@pytest.mark.parametrize(
    ("types", "kind", "fault"),
    [
        (["SuperOffice.Exceptions.SoSentryException"], Park, Fault.ACCESS_DENIED),
        (["SoNotFoundException"], NoOp, Fault.NOT_FOUND),
        (["SuperOffice.Exceptions.SoDuplicateException"], NoOp, Fault.DUPLICATE),
        (["SuperOffice.Exceptions.SoValidationException"], NeedsHuman, Fault.VALIDATION),
        (["System.Exception", "SoInvalidArgumentException"], NeedsHuman, Fault.VALIDATION),
        (["SuperOffice.Exceptions.SoServerException"], Retry, Fault.TRANSIENT),
        (["Something.Else"], Retry, Fault.UNKNOWN),
        ([""], Retry, Fault.UNKNOWN),
        ([], Retry, Fault.UNKNOWN),
    ],
)
def test_succeeded_false_is_never_success_and_sorted_by_type(
    types: Any, kind: Any, fault: Any, client: SoapClient, loopback: Loopback
) -> None:
    loopback.standing[WRITE] = refusal(WRITE, *types)

    failure = fails(write, client)

    assert (type(failure), failure.fault) == (kind, fault)
    assert loopback.count(WRITE) == 1


@pytest.mark.row("F29")
def test_a_refusal_whose_body_looks_fine_is_a_refusal(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = refusal(READ, "SoNotFoundException", inner="<n:Response>DA</n:Response>")

    assert fails(read, client).fault is Fault.NOT_FOUND


@pytest.mark.row("F29")
@pytest.mark.parametrize(
    "header",
    [
        "",
        "<n:Succeeded>yes</n:Succeeded>",
        "<n:Succeeded/>",
        "<n:Succeeded>true</n:Succeeded><n:Succeeded>true</n:Succeeded>",
    ],
)
def test_without_a_clear_outcome_there_is_no_success(
    header: Any, client: SoapClient, loopback: Loopback
) -> None:
    loopback.standing[WRITE] = envelope(f"<n:{WRITE}Response/>", header)

    assert fails(write, client).fault is Fault.PROTOCOL


@pytest.mark.row("F30")
@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        (("Server unavailable, please try later", "CANARY"), Fault.TRANSIENT),
        (("CANARY", "<ExceptionType>SoSentryException</ExceptionType>"), Fault.ACCESS_DENIED),
        (("CANARY", "<x>SuperOffice.Exceptions.SoDuplicateException</x>"), Fault.DUPLICATE),
    ],
)
def test_a_soap_fault_is_sorted_by_the_same_list(
    status: Any, texts: Any, fault: Any, client: SoapClient, loopback: Loopback
) -> None:
    loopback.standing[WRITE] = Canned(soap_fault(*texts), status)

    assert fails(write, client).fault is fault


@pytest.mark.row("F33")
@pytest.mark.parametrize("reply", EXPIRED)
def test_an_expired_ticket_is_renewed_once_and_the_read_repeated(
    reply: Any, client: SoapClient, loopback: Loopback
) -> None:
    loopback.script(READ, reply)
    loopback.standing[READ] = answer(READ, "DA")

    assert read(client) == "DA"

    assert loopback.count("PartnerSystemUser") == 2
    assert [f"ticket{n}<" in body for n, body in zip((1, 2), loopback.bodies(READ), strict=True)] == [
        True,
        True,
    ]


def test_a_call_with_a_place_waits_for_nothing_any_more(
    client: SoapClient, loopback: Loopback, paces: list[Any]
) -> None:
    loopback.standing[WRITE] = answer(WRITE)

    with client.place():
        before = [len(paces), loopback.tickets, loopback.count("State")]
        write(client)
        assert [len(paces), loopback.tickets, loopback.count("State")] == before == [1, 1, 1]
        write(client)
        assert len(paces) == 2


def test_a_place_that_no_call_took_is_not_kept(
    client: SoapClient, loopback: Loopback, paces: list[Any]
) -> None:
    loopback.standing[WRITE] = answer(WRITE)

    with client.place():
        pass
    write(client)

    assert len(paces) == 2


def test_no_place_is_given_while_a_tenant_does_not_run(
    client: SoapClient, loopback: Loopback, paces: list[Any]
) -> None:
    stopped = loopback.state() | {"State": "Suspended", "IsRunning": False}
    loopback.standing["State"] = lambda handler: handler.send(loopback.json(stopped))

    with pytest.raises(Park), client.place():
        raise AssertionError("there is nobody to call")

    assert not paces


@pytest.mark.row("F33")
@pytest.mark.parametrize(
    ("reply", "applied"),
    [
        (Canned(status=401), Applied.NO),
        (refusal(WRITE, "SoSessionException"), Applied.MAYBE),
        (Canned(soap_fault("no valid session"), 500), Applied.MAYBE),
    ],
)
def test_a_write_with_an_expired_ticket_goes_back_to_the_caller_with_a_new_ticket_ready(
    reply: Any, applied: Any, client: SoapClient, loopback: Loopback
) -> None:
    loopback.script(WRITE, reply, answer(WRITE))

    failure = fails(write, client)

    assert (type(failure), failure.fault, failure.applied) == (Retry, Fault.EXPIRED_TICKET, applied)
    assert loopback.count(WRITE) == 1
    write(client)
    assert loopback.count("PartnerSystemUser") == 2


@pytest.mark.row("F33")
def test_a_ticket_that_is_refused_for_ever_makes_no_loop(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[READ] = Canned(status=401)

    assert fails(read, client).fault is Fault.EXPIRED_TICKET

    assert loopback.count(READ) == 2
    assert loopback.count("PartnerSystemUser") == 3


@pytest.mark.row("F33")
def test_fifty_threads_renew_an_expired_ticket_once(
    connection: TenantConnection, client: SoapClient, loopback: Loopback
) -> None:
    loopback.standing[READ] = answer(READ, "DA")
    read(client)
    together = threading.Barrier(50)

    def expired(handler: Any) -> Any:
        fresh = b"7T:ticket2<" in handler.body
        handler.send(Canned(answer(READ, "DA")) if fresh else Canned(status=401))

    loopback.standing[READ] = expired

    def one(_: Any) -> Any:
        together.wait()
        return read(client)

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(one, range(50))) == {"DA"}
    assert loopback.count("PartnerSystemUser") == 2


@pytest.mark.row("F36")
@pytest.mark.parametrize(
    ("status", "header", "bounds"),
    [
        (429, "7", (7, 7.7)),
        (429, None, (10, 10)),
        (429, "-5", (10, 10)),
        (429, "soon", (10, 10)),
        (429, "999999", (900, 900)),
        (429, "9" * 400, (900, 900)),
        (503, "30", (30, 33)),
    ],
)
def test_throttling_pauses_the_whole_tenant(
    status: Any, header: Any, bounds: Any, client: SoapClient, loopback: Loopback
) -> None:
    shortest, longest = bounds
    headers = {} if header is None else {"Retry-After": header}
    loopback.standing[READ] = Canned(status=status, headers=headers)

    failure = fails(read, client)
    again = fails(write, client)

    assert (type(failure), failure.fault) == (Retry, Fault.THROTTLED)
    assert failure.wait is not None
    assert again.wait is not None
    assert shortest <= failure.wait <= longest
    assert failure.applied is (Applied.NO if status == 429 else Applied.MAYBE)
    assert (again.fault, again.applied) == (Fault.THROTTLED, Applied.NO)
    assert shortest - 1 <= again.wait <= longest
    assert (loopback.count(READ), loopback.count(WRITE)) == (1, 0)


@pytest.mark.row("F36")
def test_the_pause_ends(loopback: Loopback) -> None:
    elapsed = [0.0]
    connection = loopback.connect(elapsed=lambda: elapsed[0])
    loopback.script("SetConsent", Canned(status=429, headers={"Retry-After": "100"}))
    loopback.standing["SetConsent"] = answer("SetConsent")
    client = SoapClient(connection, lambda: None)
    fails(write, client)
    elapsed[0] = 111.0

    write(client)
    connection.close()


def test_a_503_without_retry_after_is_transient(client: SoapClient, loopback: Loopback) -> None:
    loopback.script(READ, Canned(status=503), Canned(status=502))
    loopback.standing[READ] = answer(READ, "SW")

    assert read(client) == "SW"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (403, (Park, Fault.ACCESS_DENIED, Applied.NO)),
        (404, (Retry, Fault.PROTOCOL, Applied.NO)),
        (500, (Retry, Fault.TRANSIENT, Applied.MAYBE)),
        (504, (Retry, Fault.TRANSIENT, Applied.MAYBE)),
        (304, (Retry, Fault.PROTOCOL, Applied.MAYBE)),
    ],
)
def test_other_statuses(status: Any, expected: Any, client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[WRITE] = Canned(b"CANARY" if status != 304 else b"", status, media_type="text/html")

    failure = fails(write, client)

    assert (type(failure), failure.fault, failure.applied) == expected


@pytest.mark.parametrize("call", [read, write])
def test_a_tenant_that_moved_is_looked_up_again_and_called_there_once(
    call: Any, client: SoapClient, loopback: Loopback
) -> None:
    name = READ if call is read else WRITE
    loopback.script(name, Canned(status=421))
    loopback.standing[name] = answer(name, "DA" if call is read else None)

    call(client)

    assert loopback.count("State") == 2
    assert loopback.count(name) == 2


def test_a_second_421_parks(client: SoapClient, loopback: Loopback) -> None:
    loopback.standing[WRITE] = Canned(status=421)

    failure = fails(write, client)

    assert (type(failure), failure.fault, failure.applied) == (Park, Fault.MISDIRECTED, Applied.NO)
    assert loopback.count(WRITE) == 2


def test_a_tenant_that_does_not_run_is_not_called(
    client: SoapClient, loopback: Loopback, paces: list[Any]
) -> None:
    loopback.standing["State"] = loopback.json(
        loopback.state(State="OfflineMaintenance", IsRunning=False, Endpoint=None)
    )

    failure = fails(read, client)

    assert (type(failure), failure.fault) == (Park, Fault.TENANT_STATE)
    assert "OfflineMaintenance" in str(failure)
    assert failure.wait is not None
    assert 1700 < failure.wait <= 1801
    assert [call.operation for call in loopback.calls] == ["State"]
    assert paces == []


def test_what_can_not_be_written_as_xml_never_leaves(client: SoapClient, loopback: Loopback) -> None:
    failure = fails(lambda c: c.call(WRITE, **CONSENT | {"Comment": "\x00"}), client)

    assert (type(failure), failure.applied) == (NeedsHuman, Applied.NO)
    assert loopback.count(WRITE) == 0


@pytest.mark.row("F27")
def test_a_read_over_a_dropped_connection_is_repeated(client: SoapClient, loopback: Loopback) -> None:
    loopback.script(READ, lambda handler: handler.raw(b""), lambda handler: handler.raw(b"HTTP/1.1 200"))
    loopback.standing[READ] = answer(READ, "DA")
    begun = time.monotonic()

    assert read(client) == "DA"
    assert time.monotonic() - begun < 5


@pytest.mark.row("F49")
def test_extra_elements_and_another_order_are_passed_over(client: SoapClient, loopback: Loopback) -> None:
    item = (
        "<n:ConsentSource><n:Novelty><n:Deep>1</n:Deep></n:Novelty><n:Deleted>0</n:Deleted><n:Key>API</n:Key>"
        "<n:MailTemplateId>0</n:MailTemplateId><n:ConsentSourceId>8</n:ConsentSourceId><n:Name>x</n:Name>"
        "</n:ConsentSource>"
    )
    loopback.standing["GetConsentSources"] = answer("GetConsentSources", item)

    (found,) = client.call("GetConsentSources").ConsentSource

    assert (found.ConsentSourceId, found.Key, found.MailTemplateId, found.Deleted) == (8, "API", 0, False)


@pytest.mark.row("F49")
@pytest.mark.row("B71")
@pytest.mark.parametrize(
    "item",
    [
        pytest.param(
            "<n:ConsentSourceId>8</n:ConsentSourceId><n:Key>API</n:Key><n:Deleted>false</n:Deleted>",
            id="missing",
        ),
        pytest.param(
            "<n:ConsentSourceId>8</n:ConsentSourceId><n:Key>API</n:Key><n:Deleted>no</n:Deleted>"
            "<n:MailTemplateId>0</n:MailTemplateId>",
            id="boolean",
        ),
        pytest.param(
            "<n:ConsentSourceId>eight</n:ConsentSourceId><n:Key>API</n:Key><n:Deleted>false</n:Deleted>"
            "<n:MailTemplateId>0</n:MailTemplateId>",
            id="int",
        ),
        pytest.param(
            '<n:ConsentSourceId>8</n:ConsentSourceId><n:Key>API</n:Key><n:Deleted i:nil="true"/>'
            "<n:MailTemplateId>0</n:MailTemplateId>",
            id="nil",
        ),
        pytest.param(
            "<n:ConsentSourceId>8</n:ConsentSourceId><n:SourceKey>API</n:SourceKey><n:Deleted>false</n:Deleted>"
            "<n:MailTemplateId>0</n:MailTemplateId>",
            id="renamed",
        ),
        pytest.param(
            "<n:ConsentSourceId>8</n:ConsentSourceId><n:Key>A<n:x/></n:Key><n:Deleted>false</n:Deleted>"
            "<n:MailTemplateId>0</n:MailTemplateId>",
            id="nested",
        ),
        pytest.param(
            "<n:ConsentSourceId>8</n:ConsentSourceId><n:ConsentSourceId>9</n:ConsentSourceId><n:Key>A</n:Key>"
            "<n:Deleted>false</n:Deleted><n:MailTemplateId>0</n:MailTemplateId>",
            id="twice",
        ),
    ],
)
def test_a_required_value_that_is_missing_or_wrong_is_a_protocol_fault(
    item: Any, client: SoapClient, loopback: Loopback
) -> None:
    loopback.standing["GetConsentSources"] = answer(
        "GetConsentSources", f"<n:ConsentSource>{item}</n:ConsentSource>"
    )

    with pytest.raises(Retry) as caught:
        client.call("GetConsentSources")

    assert caught.value.fault is Fault.PROTOCOL


def test_a_turn_that_is_lost_while_waiting_for_its_pace_ends_the_call(
    connection: TenantConnection, loopback: Loopback
) -> None:
    def lost() -> None:
        raise StorageUnavailable

    with pytest.raises(StorageUnavailable):
        read(SoapClient(connection, lost))

    assert loopback.count(READ) == 0


@pytest.mark.row("F33")
@pytest.mark.parametrize(
    ("reply", "applied"),
    [(Canned(status=401), Applied.NO), (refusal(WRITE, "SoSessionException"), Applied.MAYBE)],
)
def test_a_lost_authorization_does_not_say_that_the_write_did_nothing(
    reply: Any, applied: Applied, client: SoapClient, loopback: Loopback
) -> None:
    loopback.script(WRITE, reply)
    client.connection.tickets.get()
    loopback.refuse("Revoked")

    failure = fails(write, client)

    assert (type(failure), failure.fault, failure.applied) == (Park, Fault.AUTHORIZATION_LOST, applied)
