"""An operation that fails again and again is left alone, and tried once from time to time."""

from __future__ import annotations

import threading

import pytest

from so_privacy_ext.errors import Applied, CrmFailure, Fault, Park
from so_privacy_ext.superoffice import faults
from so_privacy_ext.superoffice.breakers import IN_A_ROW, LONGEST, SHORTEST, Breaker, Breakers
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.superoffice.connection import TenantConnection
from tests.unit.superoffice.loopback import Canned, Loopback, answer

pytestmark = pytest.mark.row("F37")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("Person.SetConsent", clock)


def call(breaker: Breaker, fault: Fault | None = None) -> Fault | None:
    """Call, and give the fault that came of it."""
    try:
        with breaker.guard():
            if fault is not None:
                raise faults.failure(fault, "Person.SetConsent")
    except CrmFailure as failure:
        return failure.fault
    return None


def open_up(breaker: Breaker) -> None:
    for _ in range(IN_A_ROW):
        call(breaker, Fault.TRANSIENT)


def test_it_lets_all_through_while_the_crm_is_well(breaker: Breaker) -> None:
    for fault in [None, *set(faults.POLICIES) - {Fault.TRANSIENT, Fault.TRANSPORT}] * 3:
        assert call(breaker, fault) == fault


@pytest.mark.parametrize("fault", [Fault.TRANSIENT, Fault.TRANSPORT])
def test_after_some_failures_in_a_row_nothing_is_called(breaker: Breaker, clock: Clock, fault: Fault) -> None:
    for _ in range(IN_A_ROW):
        assert call(breaker, fault) is fault
    clock.now += 10
    with pytest.raises(Park) as caught, breaker.guard():
        pytest.fail("it was called")
    assert (caught.value.fault, caught.value.applied) == (Fault.UNAVAILABLE, Applied.NO)
    assert caught.value.wait == SHORTEST - 10


def test_a_brown_out_is_seen_though_every_other_call_succeeds(breaker: Breaker) -> None:
    outcomes = [call(breaker, Fault.TRANSIENT if number % 2 else None) for number in range(20)]
    assert Fault.UNAVAILABLE in outcomes
    assert outcomes.index(Fault.UNAVAILABLE) == 10


def test_a_few_failures_among_many_are_none(breaker: Breaker) -> None:
    assert Fault.UNAVAILABLE not in [
        call(breaker, Fault.TRANSIENT if number % 3 == 0 else None) for number in range(60)
    ]


def test_one_call_tries_and_its_success_lets_all_through(breaker: Breaker, clock: Clock) -> None:
    open_up(breaker)
    clock.now += SHORTEST
    assert call(breaker) is None
    assert [call(breaker, Fault.TRANSIENT) for _ in range(IN_A_ROW - 1)] == [Fault.TRANSIENT] * 4
    assert call(breaker) is None


def test_any_answer_shows_that_the_crm_is_well_again(breaker: Breaker, clock: Clock) -> None:
    open_up(breaker)
    clock.now += SHORTEST
    assert call(breaker, Fault.VALIDATION) is Fault.VALIDATION
    assert call(breaker) is None


def test_errors_are_one_for_each_time_of_waiting_which_grows(breaker: Breaker, clock: Clock) -> None:
    open_up(breaker)
    errors = []
    for _ in range(1000):
        clock.now += 1
        if call(breaker, Fault.TRANSIENT) is Fault.TRANSIENT:
            errors.append(clock.now)
    waits = [later - earlier for earlier, later in zip([0.0, *errors], errors, strict=False)]
    assert waits[:3] == [SHORTEST, 2 * SHORTEST, LONGEST]
    assert set(waits[2:]) == {LONGEST}


def test_while_one_tries_no_other_does(breaker: Breaker, clock: Clock) -> None:
    open_up(breaker)
    clock.now += SHORTEST
    inside, leave = threading.Event(), threading.Event()

    def probe() -> None:
        with breaker.guard():
            inside.set()
            leave.wait(20)

    thread = threading.Thread(target=probe)
    thread.start()
    assert inside.wait(20)
    assert call(breaker) is Fault.UNAVAILABLE
    leave.set()
    thread.join()
    assert call(breaker) is None


def test_a_try_that_learns_nothing_is_followed_by_another(breaker: Breaker, clock: Clock) -> None:
    open_up(breaker)
    clock.now += SHORTEST
    with pytest.raises(KeyError), breaker.guard():
        raise KeyError
    assert call(breaker) is None


def test_operations_are_ill_each_by_itself(clock: Clock) -> None:
    breakers = Breakers(clock)
    open_up(breakers.of("Person.SetConsent"))
    assert call(breakers.of("Person.SetConsent")) is Fault.UNAVAILABLE
    assert call(breakers.of("Archive.GetArchiveListByColumns2")) is None


def test_a_storm_reaches_the_crm_no_more(loopback: Loopback) -> None:
    clock = Clock()
    connection: TenantConnection = loopback.connect(elapsed=clock)
    client = SoapClient(connection, lambda: None)
    loopback.standing["SetConsent"] = Canned(status=502)
    consent = {"PersonId": 5, "Purpose": "STORE", "Source": "API", "LegalBase": "61F", "Comment": "x"}
    for _ in range(20):
        with pytest.raises(CrmFailure):
            client.call("SetConsent", **consent)
    assert loopback.count("SetConsent") == IN_A_ROW
    clock.now += SHORTEST
    with pytest.raises(CrmFailure):
        client.call("SetConsent", **consent)
    assert loopback.count("SetConsent") == IN_A_ROW + 1

    loopback.standing["SetConsent"] = answer("SetConsent")
    clock.now += 2 * SHORTEST
    client.call("SetConsent", **consent)
    connection.close()
