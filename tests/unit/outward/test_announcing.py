"""A tenant's own systems are told of all that was made for them, again after failures, and hold up nobody."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from so_privacy_ext import announcing, outward
from so_privacy_ext.announcing import Announcing
from so_privacy_ext.calling import Poster
from so_privacy_ext.doctor.endpoints import examine_endpoints
from so_privacy_ext.doctor.findings import Level
from so_privacy_ext.endpoints import Endpoints
from so_privacy_ext.errands import NewErrand
from so_privacy_ext.errors import Refused, StorageUnavailable
from so_privacy_ext.model import TenantId
from so_privacy_ext.storage import endpoints, errands, journal, tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.endpoints import Endpoint
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.turns import Turn, take
from tests.unit.outward.hearing import Handler, Hearing, hearing
from tests.unit.storage.shapes import Add

WHO = "operator"
DAY = 86400.0


@dataclass
class Clock:
    ahead: float = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)


class House:
    """All that tells, at any time."""

    def __init__(self, dsn: str, data_key: DataKey, tenant_id: TenantId) -> None:
        self.dsn, self.data_key, self.tenant_id = dsn, data_key, tenant_id
        self.clock = Clock()
        self.poster = Poster(("127.0.0.0/8",))
        self.endpoints = Endpoints(data_key, self.poster, self.clock)

    @property
    def moved(self) -> str:
        """The database's address, where it is as late as the clock says."""
        return f"{self.dsn}&options=-c%20app.clock_offset%3D{int(self.clock.ahead)}s"

    def announcing(self) -> Announcing:
        return Announcing(self.moved, self.data_key, self.poster, self.clock, self.take)

    def take(self, tenant_id: TenantId, *, wait: float = 0.0) -> Turn | None:
        return take(self.moved, tenant_id, self.data_key, wait=wait)

    @contextmanager
    def turn(self, tenant_id: TenantId | None = None) -> Iterator[Turn]:
        turn = self.take(tenant_id or self.tenant_id, wait=10.0)
        assert turn is not None
        with turn:
            yield turn

    def add(self, url: str, tenant_id: TenantId | None = None) -> tuple[int, str]:
        with self.turn(tenant_id) as turn:
            return self.endpoints.add(turn, url, ["decision.made"], "", who=WHO)

    def decide(self, *decisions: int, tenant_id: TenantId | None = None, person: int = 7) -> None:
        """Make what a decision makes, for all endpoints that want it."""
        with self.turn(tenant_id) as turn:
            wanted = [one.name for one in self.endpoints.listeners(turn) if one.wants("decision")]
            with turn.ledgers.transaction():
                turn.ledgers.errands.make(
                    [
                        NewErrand(
                            name, "decision", f"person/{person}", f"decision/{one}/x", content(one, person)
                        )
                        for one in decisions
                        for name in wanted
                    ]
                )

    def tell(self) -> int:
        return self.announcing().serve_due()

    def endpoint(self, number: int) -> Endpoint:
        with open_session(self.dsn, self.tenant_id) as session:
            return endpoints.find(session, number)

    def kinds(self) -> list[str]:
        with open_session(self.dsn, self.tenant_id) as session:
            return [one.kind for one in journal.latest(session, 99)]

    def states(self) -> list[tuple[str, str | None]]:
        with open_session(self.dsn, self.tenant_id) as session:
            return [(one.state, one.reason) for one in reversed(errands.listed(session))]

    def finding(self) -> tuple[Level, str, str]:
        with self.turn() as turn:
            (found,) = examine_endpoints(turn)
        return found.level, found.found, found.do


def content(decision_id: int, person: int = 7) -> dict[str, Any]:
    return {
        "decision_id": decision_id,
        "person_id": person,
        "decided_at": "2026-11-28T12:00:00+00:00",
        "manifest": "d" * 64,
        "purposes": [
            {
                "purpose": "STORE", "outcome": "give", "rule": "erp", "because": "as its administrator says",
                "basis": "61F", "source": "ERP", "expires": None, "result": "written",
            },
        ],
        "withdrawn": ["EMARKETING"],
        "mail": "sent",
        "result": "effect",
    }  # fmt: skip


@pytest.fixture
def house(dsn: str, data_key: DataKey, tenant: tenants.AddedTenant) -> Iterator[House]:
    made = House(dsn, data_key, tenant.tenant_id)
    yield made
    made.poster.close()


def ids(heard: Hearing) -> list[str]:
    return [one.headers["webhook-id"] for one in heard.heard]


def decisions(heard: Hearing) -> list[int]:
    return [json.loads(one.body)["data"]["decision_id"] for one in heard.heard]


def test_a_decision_is_told_signed_and_once(house: House, heard: Hearing) -> None:
    number, secret = house.add(heard.url)
    house.decide(1)

    assert house.tell() == 1
    assert house.tell() == 0

    (one,) = heard.heard
    told = outward.read(one.body, one.headers, [secret])
    assert told.id == one.headers["webhook-id"]
    assert told.id.startswith("msg_")
    assert isinstance(told.message, outward.DecisionMade)
    data = told.message.data
    assert (data.tenant, data.environment, data.person_id, data.decision_id) == ("Cust12345", "sandbox", 7, 1)
    assert (data.notice, data.withdrawn, data.purposes[0].result) == ("sent", ("EMARKETING",), "written")
    assert b"administrator" not in one.body
    assert house.states() == [("done", "done")]
    assert (house.endpoint(number).delivered, house.endpoint(number).waiting) == (1, 0)
    level, found, _ = house.finding()
    assert (level, found) == (Level.OK, "1 messages taken")


def test_persons_are_told_of_in_order_and_each_endpoint_by_itself(house: House, heard: Hearing) -> None:
    with hearing() as other:
        house.add(heard.url)
        house.add(other.url)
        other.usual = 500
        house.decide(1, 2, 3)

        assert house.tell() == 3
        assert decisions(heard) == [1, 2, 3]
        assert decisions(other) == [1]
        assert ids(other)[0] not in ids(heard)


def test_what_fails_is_tried_again_with_growing_waits_and_one_id(house: House, heard: Hearing) -> None:
    number, _ = house.add(heard.url)
    house.decide(1, 2)
    heard.usual = 500

    for wait in announcing.WAITS:
        assert house.tell() == 0
        assert house.tell() == 0  # not before its time
        assert house.endpoint(number).trouble == "status_500"
        house.clock.ahead += wait * 1.2 + 1

    assert decisions(heard) == [1] * len(announcing.WAITS)
    assert len(set(ids(heard))) == 1
    level, found, do = house.finding()
    assert level is Level.WARNING
    assert found.startswith("status_500 since")
    assert found.endswith("2 messages wait")
    assert do.startswith("so-privacy outward test 1")
    stamps = [int(one.headers["webhook-timestamp"]) for one in heard.heard]
    assert stamps == sorted(set(stamps))  # each attempt is signed as of its own time
    heard.usual = 200
    assert house.tell() == 2
    assert (house.endpoint(number).trouble, house.endpoint(number).failures) == (None, 0)


def test_whoever_dies_between_answer_and_record_sends_again_with_the_same_id(
    house: House, heard: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    house.add(heard.url)
    house.decide(1)

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(endpoints, "delivered", killed)
        patched.setattr(endpoints, "let_go", lambda *_: None)  # nor is the endpoint let go
        with pytest.raises(Killed):
            house.tell()

    assert house.states() == [("open", None)]
    assert house.tell() == 0  # it is still another's
    house.clock.ahead += announcing.BUSY + 1
    assert house.tell() == 1
    assert len(heard.heard) == 2
    assert len(set(ids(heard))) == 1


def test_one_endpoint_is_sent_for_by_one_process_alone(house: House, heard: Hearing) -> None:
    number, _ = house.add(heard.url)
    house.decide(1)
    inside: list[int] = []

    def meanwhile(handler: Handler) -> None:
        inside.append(house.tell() + house.announcing().serve(house.tenant_id, number, threading.Event()))
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    heard.usual = meanwhile

    assert house.tell() == 1
    assert inside == [0]


def test_who_was_overtaken_lets_go_of_nothing(house: House, heard: Hearing, data_key: DataKey) -> None:
    number, _ = house.add(heard.url)
    with open_session(house.dsn, house.tenant_id) as session:
        first = endpoints.take(session, data_key, number, 0.0)
        second = endpoints.take(session, data_key, number, 60.0)
        assert first is not None
        assert second is not None
        endpoints.let_go(session, first)
        assert endpoints.take(session, data_key, number, 60.0) is None
        endpoints.let_go(session, second)
        assert endpoints.take(session, data_key, number, 60.0) is not None


@pytest.mark.parametrize(
    ("status", "headers", "least"),
    [
        *((500, {}, 5), (404, {}, 5), (302, {"Location": "http://127.0.0.1/"}, 5)),
        *((429, {}, 60), (502, {}, 60), (503, {}, 60), (504, {}, 60)),
        *(
            (503, {"Retry-After": "900"}, 900),
            (500, {"Retry-After": "1"}, 5),
            (429, {"Retry-After": "9" * 12}, DAY),
        ),
    ],
)
def test_how_long_an_endpoint_is_left_alone(
    house: House, heard: Hearing, status: int, headers: dict[str, str], least: float
) -> None:
    number, _ = house.add(heard.url)
    house.decide(1)
    heard.usual = (status, headers)

    house.tell()

    until = house.endpoint(number).not_before
    assert until is not None
    assert least - 2 <= (until - datetime.now(UTC)).total_seconds() <= least * 1.2


def test_410_switches_it_off_until_somebody_switches_it_on(house: House, heard: Hearing) -> None:
    number, _ = house.add(heard.url)
    house.decide(1, 2)
    heard.answers.append(410)

    assert house.tell() == 0
    assert house.endpoint(number).off_because == "gone"
    assert house.kinds()[-1] == "endpoint_off"
    level, found, do = house.finding()
    assert level is Level.ERROR
    assert "410" in found
    assert found.endswith("2 messages wait")
    assert "outward on" in do
    house.decide(3)  # is not told: it is off
    house.clock.ahead += DAY
    assert house.tell() == 0

    with house.turn() as turn:
        assert house.endpoints.switch(turn, number, on=True, who=WHO)
        assert not house.endpoints.switch(turn, number, on=True, who=WHO)
    assert house.tell() == 2
    assert decisions(heard) == [1, 1, 2]


def test_after_five_days_of_nothing_but_failures_it_is_switched_off(house: House, heard: Hearing) -> None:
    number, _ = house.add(heard.url)
    house.decide(1)
    heard.usual = 500
    house.tell()
    house.clock.ahead += announcing.GIVEN_UP - 60
    house.tell()
    assert house.endpoint(number).off_because is None
    house.clock.ahead += 2 * 36000

    house.tell()

    assert house.endpoint(number).off_because == "failing"
    assert house.states() == [("open", None)]  # and waits
    assert house.finding()[0] is Level.ERROR


def test_while_somebody_has_the_turn_it_is_switched_off_by_the_next_attempt(
    house: House, heard: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "_TURN_WAIT", 0.0)
    number, _ = house.add(heard.url)
    house.decide(1)
    heard.usual = 410
    with house.turn():
        house.tell()
    assert house.endpoint(number).off_because is None
    house.clock.ahead += 60

    house.tell()

    assert house.endpoint(number).off_because == "gone"


def test_a_message_that_is_refused_holds_up_only_its_own_person(
    house: House, heard: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "_TURN_WAIT", 0.0)
    number, _ = house.add(heard.url)

    def judge(handler: Handler) -> None:
        refused = json.loads(heard.heard[-1].body)["data"]["decision_id"] == 1
        handler.send_response(422 if refused else 200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    heard.usual = judge
    house.decide(1, 2)
    house.decide(3, person=8)

    assert house.tell() == 1
    assert decisions(heard) == [1, 3]
    for wait in announcing.REFUSED_WAITS:
        house.clock.ahead += wait * 1.2 + 1
        with house.turn():  # the last time it can't be given up while somebody has the turn
            house.tell()
    assert house.states()[0] == ("open", "status_422")
    house.clock.ahead += 120
    house.tell()

    assert house.states() == [("dead", "status_422"), ("done", "done"), ("done", "done")]
    assert house.kinds()[-1] == "errand_given_up"
    assert house.endpoint(number).given_up == 1
    assert decisions(heard)[-1] == 2


def test_after_a_rotation_both_secrets_sign_for_a_day(house: House, heard: Hearing) -> None:
    number, old = house.add(heard.url)
    with house.turn() as turn:
        new = house.endpoints.rotate(turn, number, who=WHO)
    house.decide(1)
    house.tell()
    house.clock.ahead += DAY + 60
    house.decide(2)
    house.tell()

    first, second = heard.heard
    assert len(first.headers["webhook-signature"].split()) == 2
    for secret in (old, new):
        outward.verify(first.body, first.headers, [secret])
    later = time.time() + house.clock.ahead
    outward.verify(second.body, second.headers, [new], now=later)
    with pytest.raises(outward.NotBelieved):
        outward.verify(second.body, second.headers, [old], now=later)
    assert house.endpoint(number).rotated_at is None


def test_a_secret_that_is_known_to_others_ends_at_once(house: House, heard: Hearing) -> None:
    number, old = house.add(heard.url)
    with house.turn() as turn:
        house.endpoints.rotate(turn, number, who=WHO)
        newest = house.endpoints.rotate(turn, number, who=WHO, at_once=True)
    house.decide(1)
    house.tell()

    (one,) = heard.heard
    assert len(one.headers["webhook-signature"].split()) == 1
    outward.verify(one.body, one.headers, [newest])
    with pytest.raises(outward.NotBelieved):
        outward.verify(one.body, one.headers, [old])


def test_a_slow_endpoint_holds_up_no_other_tenant(house: House, heard: Hearing, add: Add) -> None:
    other = add("Cust54321").tenant_id
    release, stop = threading.Event(), threading.Event()

    def slow(handler: Handler) -> None:
        release.wait(30)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with hearing() as quick:
        heard.usual = slow
        house.add(heard.url)
        house.add(quick.url, other)
        house.decide(1)
        running = threading.Thread(target=house.announcing().run, args=(stop,))
        running.start()
        try:
            until(lambda: heard.heard)
            house.decide(2, tenant_id=other)  # and the tenant's own turn is free as well
            house.decide(3)
            until(lambda: quick.heard)
            assert not release.is_set()
            release.set()
            until(lambda: len(heard.heard) == 2)
        finally:
            release.set()
            stop.set()
            running.join()
    assert decisions(heard) == [1, 3]


def test_told_to_stop_it_waits_a_moment_for_what_is_under_way(
    house: House, heard: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "_LAST", 0.1)
    release, stop = threading.Event(), threading.Event()

    def silent(_: Handler) -> None:
        release.wait(30)

    heard.usual = silent
    house.add(heard.url)
    house.decide(1)
    one = house.announcing()
    running = threading.Thread(target=one.run, args=(stop,))
    running.start()
    until(lambda: heard.heard)
    stop.set()
    running.join(20)

    assert not running.is_alive()
    release.set()
    until(lambda: not one._serving)


def test_it_goes_on_when_the_database_is_back(
    house: House, heard: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "_POLL", 0.01)
    stop, failed = threading.Event(), threading.Event()
    due = endpoints.due

    def unavailable_once(*given: Any) -> Any:
        if not failed.is_set():
            failed.set()
            raise StorageUnavailable("gone")
        return due(*given)

    monkeypatch.setattr(endpoints, "due", unavailable_once)
    house.add(heard.url)
    house.decide(1)
    running = threading.Thread(target=house.announcing().run, args=(stop,))
    running.start()
    until(lambda: heard.heard)
    stop.set()
    running.join()

    assert failed.is_set()


@pytest.mark.parametrize("error", [StorageUnavailable("gone"), RuntimeError("very-secret")])
def test_whatever_happens_to_one_endpoint_the_others_go_on(
    house: House, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = house.announcing()

    def fails(*_: object) -> int:
        raise error

    monkeypatch.setattr(one, "serve", fails)
    begun = one._begin([(house.tenant_id, 1), (house.tenant_id, 2)])
    assert begun == [(house.tenant_id, 1)]  # a tenant takes up one thread
    with structlog.testing.capture_logs() as lines:
        one._serve(*begun[0], threading.Event())

    assert one._begin([(house.tenant_id, 2)]) == [(house.tenant_id, 2)]
    assert "very-secret" not in str(lines)


def test_told_to_stop_no_message_is_begun(house: House, heard: Hearing) -> None:
    number, _ = house.add(heard.url)
    house.decide(1)
    stop = threading.Event()
    stop.set()

    assert house.announcing().serve(house.tenant_id, number, stop) == 0
    assert heard.heard == []


def test_after_its_share_other_endpoints_have_theirs(
    house: House, heard: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "SHARE", -1.0)
    house.add(heard.url)
    house.decide(1)

    assert house.tell() == 0


def test_without_the_key_of_its_secrets_it_waits(house: House, heard: Hearing) -> None:
    number, _ = house.add(heard.url)
    house.decide(1)
    stranger = Announcing(house.dsn, DataKey(bytes(32)), house.poster, house.clock, house.take)

    assert stranger.serve_due() == 0
    assert house.endpoint(number).trouble == "data_key"
    assert house.tell() == 0
    house.clock.ahead += 400
    assert house.tell() == 1


def test_neither_address_nor_secret_is_in_a_log(house: House, heard: Hearing) -> None:
    _, secret = house.add(heard.url)
    house.decide(1)
    heard.usual = 500

    with structlog.testing.capture_logs() as lines:
        house.tell()

    assert lines
    assert "very-secret" not in str(lines)
    assert secret not in str(lines)


@pytest.mark.parametrize("how", ["paused", "leaving", "removed"])
def test_a_tenant_that_rests_or_goes_is_told_nothing(house: House, heard: Hearing, how: str) -> None:
    house.add(heard.url)
    house.decide(1)
    with house.turn() as turn:
        {"paused": tenants.pause, "leaving": tenants.leave, "removed": tenants.remove}[how](turn.session)

    assert house.tell() == 0
    assert heard.heard == []


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_due_is_asked_across_tenants_and_says_no_more_than_numbers(house: House, heard: Hearing) -> None:
    number, _ = house.add(heard.url)
    house.decide(1)
    with connect(house.dsn, application_name="test") as connection:
        assert endpoints.due(connection, 10) == [(house.tenant_id, number)]


def test_an_unknown_endpoint_is_refused(house: House) -> None:
    with house.turn() as turn, pytest.raises(Refused, match="no_endpoint"):
        house.endpoints.rotate(turn, 99, who=WHO)
