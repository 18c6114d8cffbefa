"""A tenant's turn: one holder, fenced when it is silent, taken over when it dies."""

import itertools
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from so_privacy_ext.errors import Refused, StorageUnavailable
from so_privacy_ext.model import TenantId
from so_privacy_ext.storage import manifests, tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import AddedTenant
from so_privacy_ext.storage.turns import Turn, take
from tests.unit.storage.shapes import Add, Processes, Taking, claimed, said, sent, taken

HOLD = """
import sys, time
from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import TenantId
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.turns import take
dsn, tenant = sys.argv[1], TenantId(int(sys.argv[2]))
idle, beat = float(sys.argv[3]), float(sys.argv[4])
turn = take(dsn, tenant, DataKey(bytes(range(32))), idle_seconds=idle, beat_seconds=beat)
print("taken" if turn else "held", flush=True)
sys.stdin.readline()
try:
    turn.ledgers.journal.append("late", None, {})
    print("wrote", flush=True)
except StorageUnavailable:
    print("fenced", flush=True)
try:
    turn.pace()
    print("called", flush=True)
except StorageUnavailable:
    print("no call", flush=True)
turn.release()
print("released", turn.lost, flush=True)
"""

RACE = """
import sys, time
from so_privacy_ext.model import TenantId
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.turns import take
dsn, tenant = sys.argv[1], TenantId(int(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(5):
    turn = take(dsn, tenant, DataKey(bytes(range(32))), wait=60)
    begun = time.monotonic()
    time.sleep(0.003)
    print(begun, time.monotonic(), flush=True)
    turn.release()
"""


def test_only_one_holds_a_turn(dsn: str, tenant: AddedTenant, data_key: DataKey) -> None:
    first = taken(take(dsn, tenant.tenant_id, data_key))
    assert take(dsn, tenant.tenant_id, data_key) is None
    first.release()
    first.release()

    with taken(take(dsn, tenant.tenant_id, data_key)) as second:
        assert not second.lost


def test_waiting_for_a_turn_gets_it_when_it_is_free(dsn: str, tenant: AddedTenant, data_key: DataKey) -> None:
    with taken(take(dsn, tenant.tenant_id, data_key)):
        begun = time.monotonic()
        assert take(dsn, tenant.tenant_id, data_key, wait=0.2) is None
        assert time.monotonic() - begun >= 0.2


def test_the_holder_sees_that_somebody_stands_in_line(
    dsn: str, add: Add, taking: Taking, data_key: DataKey
) -> None:
    mine, other = add("Cust1").tenant_id, add("Cust2").tenant_id
    turn = taking(mine)
    taking(other)
    before = turn.wanted
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(take, dsn, mine, data_key, wait=10)
        seen = any(_seen_within_a_moment(turn) for _ in range(500))
        turn.release()
        with taken(waiting.result()) as next_one:
            assert (before, seen, next_one.wanted) == (False, True, False)


def _seen_within_a_moment(turn: Turn) -> bool:
    time.sleep(0.01)
    return turn.wanted


def test_turns_of_two_tenants_do_not_meet(add: Add, taking: Taking) -> None:
    assert {taking(add(name).tenant_id).tenant.context_identifier for name in ("Cust1", "Cust2")} == {
        "Cust1",
        "Cust2",
    }


def test_a_tenant_that_is_gone_has_no_turn(dsn: str, data_key: DataKey) -> None:
    assert take(dsn, TenantId(999), data_key) is None


def test_a_wrong_data_key_takes_no_turn_and_holds_none(
    dsn: str, tenant: AddedTenant, data_key: DataKey
) -> None:
    with pytest.raises(Refused):
        take(dsn, tenant.tenant_id, DataKey(bytes(32)))
    taken(take(dsn, tenant.tenant_id, data_key, wait=2)).release()


@pytest.mark.row("F52")
def test_processes_that_race_for_a_tenant_never_overlap(
    dsn: str, tenant: AddedTenant, process: Processes
) -> None:
    racing = [process(RACE, dsn, tenant.tenant_id) for _ in range(6)]
    for one in racing:
        said(one)
    for one in racing:
        sent(one, "\n")
    spans = sorted(
        tuple(map(float, line.split()))
        for one in racing
        for line in one.communicate(timeout=60)[0].splitlines()
    )

    assert len(spans) == 30
    assert all(ended <= begun for (_, ended), (begun, _) in itertools.pairwise(spans))


@pytest.mark.row("F51")
def test_a_paused_holder_is_fenced_at_its_next_statement(
    dsn: str, tenant: AddedTenant, process: Processes, data_key: DataKey
) -> None:
    one = process(HOLD, dsn, tenant.tenant_id, 1.0, 0.3)
    assert said(one) == "taken\n"
    time.sleep(1.5)  # longer than the silence that loses a turn: the heartbeat keeps it
    assert take(dsn, tenant.tenant_id, data_key) is None

    one.send_signal(signal.SIGSTOP)
    with taken(take(dsn, tenant.tenant_id, data_key, wait=5)) as other:
        claimed(other.ledgers.mails)
        one.send_signal(signal.SIGCONT)
        answer, _ = one.communicate("\n", timeout=20)

    assert answer.splitlines() == ["fenced", "no call", "released True"]


@pytest.mark.row("F51")
def test_a_holder_that_pauses_inside_a_transaction_loses_it(
    dsn: str, tenant: AddedTenant, data_key: DataKey
) -> None:
    turn = taken(take(dsn, tenant.tenant_id, data_key, idle_seconds=0.5, beat_seconds=0.1))

    def pausing() -> None:
        with turn.ledgers.transaction():
            turn.due("sweep", 0)
            time.sleep(0.8)

    with pytest.raises(StorageUnavailable):
        pausing()
    turn.release()

    assert turn.lost
    with taken(take(dsn, tenant.tenant_id, data_key)) as other:
        assert other.due_kinds() == frozenset()


def test_the_heartbeat_tells_that_a_turn_is_lost(dsn: str, tenant: AddedTenant, data_key: DataKey) -> None:
    turn = taken(take(dsn, tenant.tenant_id, data_key, beat_seconds=0.05))
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [turn.connection.info.backend_pid])
    until = time.monotonic() + 5
    while not turn.lost and time.monotonic() < until:
        time.sleep(0.02)

    assert turn.lost
    with pytest.raises(StorageUnavailable):
        turn.pace()
    turn.release()


@pytest.mark.row("F54")
def test_a_killed_holder_is_followed_in_milliseconds(
    dsn: str, tenant: AddedTenant, process: Processes, data_key: DataKey
) -> None:
    took = []
    for _ in range(3):  # the same name each time
        one = process(HOLD, dsn, tenant.tenant_id, 6, 2)
        assert said(one) == "taken\n"
        one.kill()
        begun = time.monotonic()
        with taken(take(dsn, tenant.tenant_id, data_key, wait=5)):
            took.append(time.monotonic() - begun)

    assert min(took) < 0.5


@pytest.mark.row("F55")
@pytest.mark.parametrize("offset", ["2 hours", "-2 hours", "10 years", "-10 years"])
def test_a_moved_clock_neither_loses_a_turn_nor_blocks_a_call(
    dsn: str, tenant: AddedTenant, data_key: DataKey, offset: str
) -> None:
    moved = f"{dsn}&options=-c%20app.clock_offset%3D{offset.replace(' ', '%5C%20')}"
    with taken(take(moved, tenant.tenant_id, data_key)) as turn:
        turn.due("sweep", 3600)
        assert turn.due_kinds() == frozenset()
        turn.park("why", 60)
        turn.unpark()
        begun = time.monotonic()
        turn.pace()
        assert time.monotonic() - begun < 1
        assert take(dsn, tenant.tenant_id, data_key) is None


def test_a_turn_reads_secrets_and_manifest(turn: Turn, tenant: AddedTenant) -> None:
    assert turn.secret(tenants.SYSTEM_USER_TOKEN) == b"token of Cust12345"
    with pytest.raises(Refused, match="no_secret"):
        turn.secret("other")
    assert turn.manifest() is None
    manifests.activate(turn.session, turn.ledgers, b"rules: []", who="an administrator")
    text, digest = turn.manifest() or (b"", "")
    assert text == b"rules: []"
    assert turn.manifest_of(digest) == text
    assert turn.manifest_of("unknown") is None


def test_kinds_of_work_become_due_and_are_forgotten(turn: Turn) -> None:
    turn.due("sweep", 0)
    turn.due("purge", 3600)
    assert turn.due_kinds() == {"sweep"}
    turn.due("sweep", 60)
    turn.due("purge", 0)
    assert turn.due_kinds() == {"purge"}
    turn.not_due("purge")
    assert turn.due_kinds() == frozenset()


def test_parking_is_shown_and_ends(dsn: str, taking: Taking, tenant: AddedTenant) -> None:
    turn = taking(tenant.tenant_id)
    turn.park("offline_maintenance", 60)
    with connect(dsn, application_name="test") as connection:
        shown = tenants.find(connection, "cust12345")
        assert shown.parked_reason == "offline_maintenance"
        turn.unpark()
        assert tenants.find(connection, "Cust12345").parked_reason is None


def test_what_must_be_durable_is_no_part_of_a_longer_transaction(turn: Turn) -> None:
    with turn.ledgers.transaction(), pytest.raises(RuntimeError):
        claimed(turn.ledgers.mails)


def test_a_transaction_is_undone_whole(turn: Turn) -> None:
    def interrupted() -> None:
        with turn.ledgers.transaction():
            turn.due("sweep", 0)
            with turn.ledgers.transaction():
                turn.ledgers.journal.append("x", None, {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert turn.due_kinds() == frozenset()


def test_a_session_on_a_lost_connection_is_unavailable(dsn: str, tenant: AddedTenant) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        session.close()
        with pytest.raises(StorageUnavailable):
            session.rows(b"SELECT 1")
        with pytest.raises(StorageUnavailable):
            session.beat()


def test_a_beat_leaves_an_open_transaction_alone(dsn: str, tenant: AddedTenant) -> None:
    with open_session(dsn, tenant.tenant_id) as session, session.transaction():
        session.beat()
        assert session.in_transaction


def test_a_statement_that_must_give_a_row_says_so(dsn: str, tenant: AddedTenant) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        assert session.one(b"SELECT 1 AS n") == {"n": 1}
        with pytest.raises(RuntimeError):
            session.one(b"SELECT 1 WHERE false")
