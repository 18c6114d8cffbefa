"""Deliveries are stored durably and once, whatever fails on the way."""

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from so_privacy_ext.errors import StorageUnavailable
from so_privacy_ext.model import Delivery, Event, EventId, Slot, TenantId
from so_privacy_ext.storage import registers, tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.due import due_tenants
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import AddedTenant
from so_privacy_ext.storage.turns import Turn, take
from tests.conftest import TestServer
from tests.unit.storage.shapes import Delivering, Processes, said

STORE = """
import hashlib, sys
from so_privacy_ext.model import Delivery, Event, EventId, TenantId
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
dsn, tenant = sys.argv[1], TenantId(int(sys.argv[2]))
store = ReceivingStore(dsn, DataKey(bytes(range(32))))
for number in range(1_000_000):
    body = b"%d" % number
    event = Event(EventId(f"e-{number}"), "person.changed", number)
    store.store([Delivery(tenant, body, hashlib.sha256(body).digest(), event)])
    print(number, flush=True)  # as the 200 that leaves after the commit
"""


def events(dsn: str, tenant_id: TenantId) -> dict[str, registers.ListedEvent]:
    with open_session(dsn, tenant_id) as session:
        return {one.event_id: one for one in registers.events(session, limit=100_000)}


def quarantined(dsn: str, tenant_id: TenantId) -> list[str]:
    with open_session(dsn, tenant_id) as session:
        return [one.reason for one in registers.quarantine(session)]


def test_a_slot_gives_its_tenant_and_secrets(
    dsn: str, data_key: DataKey, tenant: AddedTenant, receiving: ReceivingStore
) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        tenants.put_secret(session, data_key, tenants.WEBHOOK, b"next", beside=True)

    keys = receiving.look_up(tenant.slot)

    assert keys is not None
    assert (keys.tenant_id, keys.context_identifier) == (tenant.tenant_id, "Cust12345")
    assert keys.secrets == (b"next", tenant.webhook_secret.encode())
    assert tenant.webhook_secret not in repr(keys)


def test_an_unknown_slot_gives_nothing(receiving: ReceivingStore) -> None:
    assert receiving.look_up(Slot("0" * 32)) is None
    assert receiving.look_up(Slot("'; DROP TABLE inbox; --")) is None


def test_a_secret_under_another_key_is_unavailable_not_unknown(dsn: str, tenant: AddedTenant) -> None:
    store = ReceivingStore(dsn, DataKey(bytes(32)))
    with pytest.raises(StorageUnavailable):
        store.look_up(tenant.slot)
    store.close()


def test_nothing_to_store_asks_nobody(data_key: DataKey) -> None:
    ReceivingStore("host=/nowhere", data_key).store([])


def test_what_is_stored_is_what_came(
    dsn: str, tenant: AddedTenant, receiving: ReceivingStore, delivery: Delivering, turn: Turn
) -> None:
    receiving.store(
        [delivery("e-1", body=b'{"raw": "\xff\x00"}'), delivery("e-2", reason="bad_json", body=b"\x00")]
    )

    with open_session(dsn, tenant.tenant_id) as session:
        (listed,) = registers.events(session)
        shown = registers.event(session, listed.inbox_id)
        (held,) = registers.quarantine(session)
        _, body = registers.quarantined(session, held.quarantine_id)
    assert shown.body == b'{"raw": "\xff\x00"}'
    assert (held.reason, body) == ("bad_json", b"\x00")
    (claimed,) = turn.ledgers.inbox.claim(10)
    assert claimed.event == Event(EventId("e-1"), "person.changed", 42, frozenset({"title", "updated"}))


@pytest.mark.row("F01")
@pytest.mark.row("F02")
def test_kill_9_while_storing_loses_nothing_and_doubles_nothing(
    dsn: str, tenant: AddedTenant, process: Processes
) -> None:
    told = 0
    for _ in range(3):
        one = process(STORE, dsn, tenant.tenant_id)
        for _ in range(20):
            line = said(one)
        threading.Timer(0.05, one.kill).start()
        for line in one.stdout or ():
            told = max(told, int(line) if line.endswith("\n") else 0)

    stored = events(dsn, tenant.tenant_id)
    assert {f"e-{number}" for number in range(told + 1)} <= set(stored)
    with open_session(dsn, tenant.tenant_id) as session:
        bodies = session.rows(b"SELECT event_id, body, body_sha256 FROM inbox")
    assert all(hashlib.sha256(one["body"]).digest() == one["body_sha256"] for one in bodies)


@pytest.mark.row("F03")
def test_an_event_is_found_without_a_notification(
    dsn: str, tenant: AddedTenant, receiving: ReceivingStore, delivery: Delivering
) -> None:
    with connect(dsn, application_name="test") as connection:
        assert due_tenants(connection, 10) == []
        receiving.store([delivery()])
        receiving.close()
        assert due_tenants(connection, 10) == [tenant.tenant_id]


@pytest.mark.row("F17")
def test_a_hundred_at_once_are_one_row(
    dsn: str, tenant: AddedTenant, delivery: Delivering, data_key: DataKey
) -> None:
    store = ReceivingStore(dsn, data_key, connections=16, patience=20)
    with ThreadPoolExecutor(100) as pool:
        list(pool.map(store.store, [[delivery()]] * 100))
    store.close()

    assert list(events(dsn, tenant.tenant_id)) == ["e-1"]
    assert quarantined(dsn, tenant.tenant_id) == []


@pytest.mark.row("F17")
def test_twice_in_one_commit_is_one_row(
    dsn: str, tenant: AddedTenant, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery(), delivery(), delivery("e-2", reason="x"), delivery("e-2", reason="x")])

    assert list(events(dsn, tenant.tenant_id)) == ["e-1"]
    assert quarantined(dsn, tenant.tenant_id) == ["x"]


@pytest.mark.row("F18")
@pytest.mark.parametrize("together", [True, False])
def test_another_body_for_an_id_is_quarantined_once(
    dsn: str, tenant: AddedTenant, receiving: ReceivingStore, delivery: Delivering, together: bool
) -> None:
    first, second = delivery(body=b"first"), delivery(body=b"second", person=43)
    for group in [[first, second]] if together else [[first], [second], [second], [first]]:
        receiving.store(group)

    assert events(dsn, tenant.tenant_id)["e-1"].primary_key == 42
    assert quarantined(dsn, tenant.tenant_id) == ["event_id_reused"]


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "nul\0"},
        {"name": "lone \ud800"},
        {"person": 2**70},
        {"event_id": "nul\0"},
    ],
)
def test_what_the_database_refuses_is_quarantined_alone(
    dsn: str, tenant: AddedTenant, receiving: ReceivingStore, delivery: Delivering, bad: dict[str, Any]
) -> None:
    receiving.store([delivery("good"), delivery(**{"event_id": "bad", **bad}, body=b"raw")])

    assert list(events(dsn, tenant.tenant_id)) == ["good"]
    assert quarantined(dsn, tenant.tenant_id) == ["unstorable"]


def test_a_delivery_that_nothing_can_hold_is_unavailable(
    receiving: ReceivingStore, delivery: Delivering, tenant: AddedTenant
) -> None:
    with pytest.raises(StorageUnavailable):
        receiving.store([delivery(reason="nul\0")])


def test_a_delivery_without_event_or_reason_is_quarantined(
    dsn: str, tenant: AddedTenant, receiving: ReceivingStore
) -> None:
    receiving.store([Delivery(tenant.tenant_id, b"x", hashlib.sha256(b"x").digest(), None)])

    assert quarantined(dsn, tenant.tenant_id) == ["unstorable"]


def test_two_writers_with_the_same_rows_never_deadlock(
    dsn: str, tenant: AddedTenant, data_key: DataKey, delivery: Delivering
) -> None:
    store = ReceivingStore(dsn, data_key, connections=4, patience=30)
    failures = []

    def write(turn_round: bool) -> None:
        for start in range(0, 400, 20):
            group = [delivery(f"e-{start + number}") for number in range(20)]
            group += [delivery(f"q-{start + number}", reason="x") for number in range(20)]
            try:
                store.store(group[::-1] if turn_round else group)
            except StorageUnavailable as error:  # a deadlock would be one
                failures.append(error)

    writers = [threading.Thread(target=write, args=(number % 2 == 0,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    store.close()

    assert failures == []
    assert len(events(dsn, tenant.tenant_id)) == 400
    with connect(dsn, application_name="test") as connection:
        row = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row == {"deadlocks": 0}


def test_a_paused_worker_does_not_hold_up_the_receiver(
    receiving: ReceivingStore, delivery: Delivering, turn: Turn
) -> None:
    receiving.store([delivery("e-1")])
    with turn.ledgers.transaction():
        turn.ledgers.inbox.done([one.inbox_id for one in turn.ledgers.inbox.claim(10)], "effect")
        turn.due("sweep", 0)
        turn.park("why", 60)
        begun = time.monotonic()
        receiving.store([delivery("e-2")])
        assert time.monotonic() - begun < 1


def test_thousands_of_durable_events_a_second(
    dsn: str, tenant: AddedTenant, receiving: ReceivingStore, delivery: Delivering
) -> None:
    body = b"x" * 1800
    groups = [
        [delivery(f"e-{group}-{number}", body=body + b"%d %d" % (group, number)) for number in range(64)]
        for group in range(40)
    ]
    receiving.store([delivery("warm")])
    begun = time.monotonic()
    for group in groups:
        receiving.store(group)
    per_second = 40 * 64 / (time.monotonic() - begun)

    assert per_second > 1000  # the bench has the figure; this only finds a fall by an order


@pytest.mark.row("F12")
def test_a_read_only_database_is_unavailable_for_receiver_and_claims(
    dsn: str, tenant: AddedTenant, delivery: Delivering, data_key: DataKey
) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(
            psycopg.sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(
                psycopg.sql.Identifier(admin.info.dbname)
            )
        )
    store = ReceivingStore(dsn, data_key)
    with pytest.raises(StorageUnavailable):
        store.store([delivery()])
    store.close()
    with pytest.raises(StorageUnavailable):
        take(dsn, tenant.tenant_id, data_key)


@pytest.mark.row("F12")
def test_no_connection_left_is_unavailable_after_a_bounded_wait(
    postgres: TestServer, dsn: str, tenant: AddedTenant, delivery: Delivering, data_key: DataKey
) -> None:
    postgres.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 1 IN ROLE so_privacy_app")
    crowded = dsn.replace("postgres:@", "crowded:@")
    try:
        with psycopg.connect(crowded):
            store = ReceivingStore(crowded, data_key, patience=0.3)
            begun = time.monotonic()
            with pytest.raises(StorageUnavailable):
                store.store([delivery()])
            assert time.monotonic() - begun < 3
        store.store([delivery()])
        store.close()
    finally:
        time.sleep(0.1)
        postgres.execute("DROP ROLE crowded")
    assert list(events(dsn, tenant.tenant_id)) == ["e-1"]


def test_all_connections_busy_is_unavailable(
    dsn: str, tenant: AddedTenant, delivery: Delivering, data_key: DataKey
) -> None:
    store = ReceivingStore(dsn, data_key, patience=0.2, connections=1)
    with psycopg.connect(dsn) as holder:
        holder.execute("LOCK TABLE so_privacy.inbox IN ACCESS EXCLUSIVE MODE")
        failed = []

        def write() -> None:
            try:
                store.store([delivery()])
            except StorageUnavailable as error:
                failed.append(str(error))

        writers = [threading.Thread(target=write) for _ in range(3)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert len(failed) == 3
        assert "all connections are busy" in failed
    store.close()


def test_a_schema_that_is_not_ours_is_unavailable(
    empty_dsn: str, delivery: Delivering, data_key: DataKey
) -> None:
    with pytest.raises(StorageUnavailable, match="database_schema"):
        ReceivingStore(empty_dsn, data_key, patience=0.1).store([delivery()])


def test_a_broken_schema_is_unavailable(dsn: str, delivery: Delivering, data_key: DataKey) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("ALTER TABLE so_privacy.inbox RENAME TO away")
    with pytest.raises(StorageUnavailable):
        ReceivingStore(dsn, data_key, patience=0.1).store([delivery()])
