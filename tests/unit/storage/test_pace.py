"""Never more than ten calls in a rolling second, over all processes (row F48)."""

import random
import signal
import threading
import time

import psycopg
import pytest

from so_privacy_ext.storage.pace import wait_for_place
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import AddedTenant
from tests.unit.storage.shapes import Processes, said

pytestmark = pytest.mark.row("F48")

CALL = """
import sys, time
from so_privacy_ext.model import TenantId
from so_privacy_ext.storage.pace import wait_for_place
from so_privacy_ext.storage.session import open_session
dsn, tenant, until = sys.argv[1], TenantId(int(sys.argv[2])), float(sys.argv[3])
with open_session(dsn, tenant) as session:
    print("ready", flush=True)
    begun = time.monotonic()
    while time.monotonic() - begun < until:
        wait_for_place(session)
        print(time.monotonic(), flush=True)
"""


def most_in_a_second(calls: list[float]) -> int:
    ordered = sorted(calls)
    return max(sum(1 for other in ordered if call <= other < call + 1) for call in ordered)


def test_processes_together_keep_the_limit_though_some_are_paused(
    dsn: str, tenant: AddedTenant, process: Processes
) -> None:
    callers = [process(CALL, dsn, tenant.tenant_id, 4) for _ in range(4)]
    for one in callers:
        said(one)
    stop = threading.Event()

    def pause() -> None:
        while not stop.wait(random.uniform(0.05, 0.2)):
            one = random.choice(callers[:2])
            one.send_signal(signal.SIGSTOP)
            time.sleep(random.uniform(0.02, 0.15))
            one.send_signal(signal.SIGCONT)

    pausing = threading.Thread(target=pause)
    pausing.start()
    time.sleep(3.7)
    stop.set()
    pausing.join()
    calls = [float(line) for one in callers for line in one.communicate(timeout=30)[0].splitlines()]

    assert most_in_a_second(calls) <= 10
    assert len(calls) >= 20  # pauses cost places, not the pace of the others


def test_one_caller_gets_nearly_ten_a_second(dsn: str, tenant: AddedTenant) -> None:
    calls = []
    with open_session(dsn, tenant.tenant_id) as session:
        for _ in range(15):
            wait_for_place(session)
            calls.append(time.monotonic())

    assert most_in_a_second(calls) <= 10
    assert calls[-1] - calls[0] < 2.5


def test_a_call_that_arrived_as_late_as_its_answer_still_counts(dsn: str, tenant: AddedTenant) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        wait_for_place(session)
        time.sleep(0.2)  # the first call's answer
        answered = time.monotonic()
        for _ in range(10):
            wait_for_place(session)

    assert time.monotonic() - answered > 1.0


def test_places_used_late_or_never_keep_the_limit(dsn: str, tenant: AddedTenant) -> None:
    calls = []
    with open_session(dsn, tenant.tenant_id) as session:
        for number in range(24):
            wait_for_place(session)
            time.sleep(0.08 if number in {3, 9, 10} else 0)  # a claim is committed in between
            if number not in {5, 12}:  # and may be refused
                calls.append(time.monotonic())

    assert most_in_a_second(calls) <= 10


def test_a_place_given_back_keeps_the_distance_to_late_answers(
    dsn: str, tenant: AddedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        wait_for_place(session)
        time.sleep(0.2)
        answered = time.monotonic()
        for _ in range(9):
            wait_for_place(session)
        sleep = time.sleep
        late = iter([0.03])
        monkeypatch.setattr(time, "sleep", lambda seconds: sleep(seconds + next(late, 0)))
        wait_for_place(session)

    assert time.monotonic() - answered > 1.0


def test_a_place_given_back_is_free_for_the_next(
    dsn: str, tenant: AddedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = []

    def oversleep(seconds: float) -> None:
        slept.append(seconds)
        sleep(seconds + (0.03 if len(slept) == 1 else 0))

    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", oversleep)
    with open_session(dsn, tenant.tenant_id) as session:
        begun = time.monotonic()
        wait_for_place(session)

    assert len(slept) >= 2
    assert time.monotonic() - begun < 0.5


def test_a_slow_database_is_asked_for_a_place_further_ahead(dsn: str, tenant: AddedTenant) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("""
            CREATE FUNCTION so_privacy.slow() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN PERFORM pg_sleep(0.03); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT OR UPDATE ON so_privacy.pace
              DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION so_privacy.slow();
        """)
    with open_session(dsn, tenant.tenant_id) as session:
        begun = time.monotonic()
        for _ in range(5):
            wait_for_place(session)
        assert time.monotonic() - begun < 3


@pytest.mark.row("F55")
def test_a_clock_set_back_stops_nobody(dsn: str, tenant: AddedTenant) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        wait_for_place(session)
        session.run(
            b"UPDATE pace SET next_at = clock_timestamp() + interval '2 hours',"
            b" asked = array_fill(clock_timestamp() + interval '2 hours', ARRAY[10])"
        )
        begun = time.monotonic()
        wait_for_place(session)
        assert 0.9 < time.monotonic() - begun < 2
