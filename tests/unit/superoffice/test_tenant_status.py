"""How a tenant is, and where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from so_privacy_ext.errors import Applied, CrmFailure, Fault, Park, Retry
from so_privacy_ext.model import ContextIdentifier
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.environments import load
from so_privacy_ext.superoffice.tenant_status import _read, _valid_until
from tests.unit.superoffice.loopback import CONTEXT, Canned, Loopback

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
STATE = "State"


def fails(call: Any) -> Any:
    with pytest.raises(CrmFailure) as caught:
        call()
    assert caught.value.applied is Applied.NO
    return caught.value


def test_a_running_tenant(connection: TenantConnection, loopback: Loopback) -> None:
    status = connection.look_up_status()

    assert (status.state, status.is_running) == ("Running", True)
    assert connection.endpoint() == f"{loopback.url}/Cust12345"


def test_online_maintenance_goes_on(connection: TenantConnection, loopback: Loopback) -> None:
    loopback.standing[STATE] = loopback.json(loopback.state(State="OnlineMaintenance"))

    assert connection.endpoint()


@pytest.mark.row("B66")
@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"State": "OfflineMaintenance", "IsRunning": False, "Endpoint": None}, "OfflineMaintenance"),
        ({"State": "Suspended", "IsRunning": True}, "Suspended"),
        ({"State": "Running", "IsRunning": False}, "Running"),
        ({"State": "Running", "IsRunning": "true"}, "Running"),
        ({"State": "running"}, "unrecognized"),
        ({"State": "NewState CANARY"}, "unrecognized"),
        ({"State": 2}, "unrecognized"),
        ({"State": None}, "unrecognized"),
    ],
)
def test_any_other_state_parks(
    changes: Any, shown: Any, connection: TenantConnection, loopback: Loopback
) -> None:
    loopback.standing[STATE] = loopback.json(loopback.state(**changes))

    failure = fails(connection.endpoint)

    assert (type(failure), failure.fault, failure.detail) == (Park, Fault.TENANT_STATE, shown)
    assert failure.wait is not None
    assert 60 <= failure.wait <= 86_400


def test_a_parked_tenant_is_asked_again_when_its_status_ends(
    connection: TenantConnection, loopback: Loopback
) -> None:
    loopback.standing[STATE] = loopback.json(
        loopback.state(State="OfflineMaintenance", IsRunning=False, Endpoint=None)
    )
    for _ in range(3):
        fails(connection.endpoint)
    assert loopback.count(STATE) == 1
    del loopback.standing[STATE]
    loopback.clock.offset = timedelta(minutes=31)
    loopback.standing[STATE] = loopback.json(loopback.state())

    assert connection.endpoint()
    assert loopback.count(STATE) == 2


@pytest.mark.row("B66")
@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "",
        7,
        "https://evil.com/Cust12345",
        "https://sod3.superoffice.com.evil.com/Cust12345",
        "https://sod3.superoffice.com@evil.com/Cust12345",
        "https://user@sod3.superoffice.com/Cust12345",
        "https://:x@sod3.superoffice.com/Cust12345",
        "http://sod3.superoffice.com/Cust12345",
        "https://sod3.superoffice.com:8443/Cust12345",
        "https://sod3.superoffice.com:x/Cust12345",
        "https://sod3.superoffice.com/Cust1",
        "https://sod3.superoffice.com/",
        "https://sod3.superoffice.com/Cust12345/x",
        "https://sod3.superoffice.com/Cust12345?a=b",
        "https://sod3.superoffice.com/Cust12345#a",
        "https://127.0.0.1/Cust12345",
        "https://[::1]/Cust12345",
        "https://[::ffff:169.254.169.254]/Cust12345",
        "https://[/Cust12345",
        "https://super\N{CYRILLIC SMALL LETTER O}ffice.com/Cust12345",
        "https://sod3.superoffice.com./Cust12345",
        "ftp://sod3.superoffice.com/Cust12345",
        "//sod3.superoffice.com/Cust12345",
    ],
)
def test_an_endpoint_elsewhere_is_refused(endpoint: Any, loopback: Loopback) -> None:
    content = loopback.json(loopback.state(Endpoint=endpoint)).content

    failure = fails(lambda: _read(content, load(None)["sod"], CONTEXT, NOW))

    assert (type(failure), failure.fault) == (Retry, Fault.PROTOCOL)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://sod3.superoffice.com/Cust12345",
        "https://sod3.superoffice.com:443/Cust12345/",
        "https://APP-sod.superoffice.com/cust12345",
    ],
)
def test_an_endpoint_of_the_vendors(endpoint: Any, loopback: Loopback) -> None:
    content = loopback.json(loopback.state(Endpoint=endpoint)).content

    assert _read(content, load(None)["sod"], CONTEXT, NOW).endpoint == endpoint.rstrip("/")


@pytest.mark.row("B66")
@pytest.mark.parametrize(
    ("given", "until"),
    [
        ("2026-11-20T10:30:00.9342965Z", NOW + timedelta(minutes=30)),
        ("2026-11-20T12:30:00+02:00", NOW + timedelta(minutes=30)),
        ("2026-11-20T10:30:00", NOW + timedelta(minutes=30)),
        ("2026-11-20T09:00:00Z", NOW + timedelta(minutes=1)),
        ("9999-12-31T23:59:59Z", NOW + timedelta(hours=24)),
        ("9999-12-31T23:59:59-14:00", NOW + timedelta(minutes=1)),
        ("0001-01-01T00:00:00+10:00", NOW + timedelta(minutes=1)),
        ("2026-13-01T00:00:00Z", NOW + timedelta(minutes=1)),
        ("soon", NOW + timedelta(minutes=1)),
        (None, NOW + timedelta(minutes=1)),
        (7, NOW + timedelta(minutes=1)),
    ],
)
def test_how_long_an_answer_is_good(given: Any, until: Any) -> None:
    assert _valid_until(given, NOW) == until


@pytest.mark.row("B66")
@pytest.mark.parametrize(
    ("reply", "kind", "fault"),
    [
        (Canned(b"<html/>"), Retry, Fault.PROTOCOL),
        (Canned(b"[]"), Retry, Fault.PROTOCOL),
        (Canned(b'{"ContextIdentifier": "Cust1"}'), Retry, Fault.PROTOCOL),
        (Canned(b"{}"), Retry, Fault.PROTOCOL),
        (Canned(status=404), Park, Fault.TENANT_STATE),
        (Canned(status=500), Retry, Fault.TRANSIENT),
        (Canned(status=302, headers={"Location": "/"}), Retry, Fault.TRANSIENT),
        (lambda handler: handler.raw(b""), Retry, Fault.TRANSPORT),
    ],
)
def test_an_answer_that_can_not_be_trusted(
    reply: Any, kind: Any, fault: Any, connection: TenantConnection, loopback: Loopback
) -> None:
    loopback.standing[STATE] = reply

    failure = fails(connection.endpoint)

    assert (type(failure), failure.fault) == (kind, fault)


@pytest.mark.parametrize(
    "name", ["", "Cust12345/..", "Cust 1", "Cust12345\n", "Cust\N{ARABIC-INDIC DIGIT ONE}"]
)
def test_a_name_that_is_none_is_never_asked_for(name: Any, loopback: Loopback) -> None:
    connection = loopback.connect(context_identifier=ContextIdentifier(name))
    fails(connection.endpoint)
    connection.close()

    assert loopback.calls == []


def test_while_the_state_api_is_down_the_last_answer_is_good_for_fifteen_minutes(
    connection: TenantConnection, loopback: Loopback
) -> None:
    assert connection.endpoint()
    loopback.standing[STATE] = Canned(status=503)
    loopback.clock.offset = timedelta(minutes=31)
    for _ in range(3):
        assert connection.endpoint()
    assert loopback.count(STATE) == 2  # at most once a minute
    loopback.clock.offset = timedelta(minutes=44)
    assert connection.endpoint()
    loopback.clock.offset = timedelta(minutes=46)

    failure = fails(connection.endpoint)
    assert (type(failure), failure.fault) == (Park, Fault.TENANT_STATE)


def test_a_tenant_that_moved_has_no_last_answer(connection: TenantConnection, loopback: Loopback) -> None:
    assert connection.endpoint()
    connection.status.forget_endpoint()
    loopback.standing[STATE] = Canned(status=503)

    assert fails(connection.endpoint).fault is Fault.TRANSIENT


def test_a_tenant_that_was_never_asked_for_may_be_forgotten(connection: TenantConnection) -> None:
    connection.status.forget_endpoint()

    assert connection.endpoint()


@pytest.mark.row("F55")
def test_a_clock_that_was_years_ahead_parks_nobody_for_years(loopback: Loopback) -> None:
    connection = loopback.connect()
    loopback.clock.offset = timedelta(days=3653)
    loopback.standing["State"] = loopback.json(loopback.state(State="OfflineMaintenance", IsRunning=False))
    with pytest.raises(Park):
        connection.endpoint()
    loopback.clock.offset = timedelta()

    with pytest.raises(Park) as caught:
        connection.endpoint()
    assert 60 <= (caught.value.wait or 0) <= 24 * 3600
    loopback.standing["State"] = lambda handler: handler.send(loopback.json(loopback.state()))
    loopback.clock.offset = timedelta(days=1, minutes=1)
    assert connection.endpoint()
