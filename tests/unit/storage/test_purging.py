"""What is purged and what never is, beside whoever works and receives; what stays of who is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from so_privacy_ext.model import AssociateId, Delivery, PersonId, Ruling
from so_privacy_ext.ports import EffectIntent
from so_privacy_ext.storage.purging import Periods, erase, forget_tenants, purge
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession, open_session
from so_privacy_ext.storage.sessions import Sessions
from so_privacy_ext.storage.statements import Statements
from so_privacy_ext.storage.tenants import AddedTenant, remove
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.conftest import KEY

INTENT = EffectIntent(PersonId(1), "STORE", "61F", "API", "", None)
NOW = Periods(timedelta(0), timedelta(0), timedelta(0))
LATER = Periods(timedelta(days=30), timedelta(days=30), timedelta(days=1095))


@pytest.fixture
def session(dsn: str, tenant: AddedTenant) -> Iterator[TenantSession]:
    with open_session(dsn, tenant.tenant_id) as one:
        yield one


def rows(dsn: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(statement.encode()).fetchall()


def aged(dsn: str, table: str, column: str, days: int) -> None:
    with psycopg.connect(dsn) as connection:
        statement = f"UPDATE so_privacy.{table} SET {column} = {column} - interval '{days} days'"
        connection.execute(statement.encode())


@pytest.mark.row("F81")
def test_only_what_is_done_loses_its_contents_and_keeps_its_id(
    dsn: str,
    turn: Turn,
    session: TenantSession,
    receiving: ReceivingStore,
    delivery: Callable[..., Delivery],
) -> None:
    receiving.store([delivery(f"e-{number}", person=number) for number in (1, 2, 3)])
    ids = [one.inbox_id for one in turn.ledgers.inbox.claim(10)]
    turn.ledgers.inbox.done(ids[:1], "effect")
    turn.ledgers.inbox.dead(ids[1:2], "protocol")
    assert purge(session, LATER)["events"] == 0
    aged(dsn, "inbox", "closed_at", 31)

    assert purge(session, LATER)["events"] == 1
    assert purge(session, LATER)["events"] == 0
    found = rows(
        dsn, "SELECT state, body IS NULL, event::text, primary_key FROM so_privacy.inbox ORDER BY inbox_id"
    )
    assert found[0] == ("done", True, "{}", 1)
    assert [one[:2] for one in found[1:]] == [("dead", False), ("open", False)]
    receiving.store([delivery("e-1", person=1)])  # replayed a year later
    assert [one.event.primary_key for one in turn.ledgers.inbox.claim(10)] == [3]
    assert rows(dsn, "SELECT count(*) FROM so_privacy.quarantine") == [(0,)]


def test_quarantine_and_sessions_go_after_their_time(
    dsn: str, session: TenantSession, receiving: ReceivingStore, delivery: Callable[..., Delivery]
) -> None:
    receiving.store([delivery("e-1", reason="bad_json"), delivery("e-2", reason="bad_shape")])
    sessions = Sessions(dsn, DataKey(KEY))
    kept = sessions.begin(session.tenant_id, AssociateId(5))
    assert purge(session, LATER) == {
        "events": 0,
        "quarantine": 0,
        "facts": 0,
        "comments": 0,
        "planned": 0,
        "errands": 0,
        "sessions": 0,
    }
    assert sessions.find(kept) is not None
    aged(dsn, "quarantine", "received_at", 31)
    aged(dsn, "web_session", "seen_at", 1)

    assert purge(session, LATER) == {
        "events": 0,
        "quarantine": 2,
        "facts": 0,
        "comments": 0,
        "planned": 0,
        "errands": 0,
        "sessions": 1,
    }


@pytest.mark.row("F81")
def test_a_purge_beside_whoever_works_and_receives_takes_nothing_that_is_open(
    dsn: str,
    turn: Turn,
    session: TenantSession,
    receiving: ReceivingStore,
    delivery: Callable[..., Delivery],
) -> None:
    over = threading.Event()
    purged = []

    def keep_purging() -> None:
        while not over.is_set():
            purged.append(sum(purge(session, NOW).values()))

    seen = []
    thread = threading.Thread(target=keep_purging)
    thread.start()
    try:
        for number in range(60):
            receiving.store([delivery(f"e-{number}-{twin}", person=number + 1) for twin in (1, 2)])
            found = turn.ledgers.inbox.claim(10)
            assert all(one.event.changes for one in found)  # as it came
            seen += [one.event.event_id for one in found]
            turn.ledgers.inbox.done([found[0].inbox_id], "effect")
            turn.ledgers.inbox.dead([found[1].inbox_id], "protocol")
    finally:
        over.set()
        thread.join()
    purge(session, NOW)

    assert sorted(seen) == sorted(f"e-{number}-{twin}" for number in range(60) for twin in (1, 2))
    states = "SELECT state, body IS NULL, count(*) FROM so_privacy.inbox GROUP BY 1, 2 ORDER BY 1"
    assert rows(dsn, states) == [("dead", False, 60), ("done", True, 60)]
    assert len(purged) > 1


@pytest.mark.row("F82")
def test_of_a_person_who_is_gone_only_numbers_stay(
    dsn: str,
    turn: Turn,
    session: TenantSession,
    receiving: ReceivingStore,
    delivery: Callable[..., Delivery],
) -> None:
    def body(person: int) -> bytes:
        return b'{"PrimaryKey": %d, "FieldValues": {"name": "Kari %d"}}' % (person, person)

    receiving.store([delivery(f"e-{one}", person=one, body=body(one)) for one in (7, 77)])
    receiving.store([delivery(f"q-{one}", body=body(one), reason="bad_shape") for one in (7, 77)])
    receiving.store([delivery("q-x", body=b"\xff\x00" + body(7)[:-1], reason="bad_json")])
    events = turn.ledgers.inbox.claim(10)
    turn.ledgers.inbox.done([one.inbox_id for one in events], "gone")
    erase(turn.session, turn.tenant.epoch, PersonId(7))

    kept = rows(dsn, "SELECT encode(body, 'escape') FROM so_privacy.inbox WHERE body IS NOT NULL")
    kept += rows(dsn, "SELECT encode(body, 'escape') FROM so_privacy.quarantine")
    assert [one for (one,) in kept] == [body(77).decode()] * 2


@pytest.mark.row("F81")
def test_of_a_removed_tenant_nothing_is_left_when_its_evidence_has_had_its_time(
    dsn: str, turn: Turn, add: Callable[[str], AddedTenant]
) -> None:
    """And not a moment earlier, by no clock that a session can move."""
    ledgers, other = turn.ledgers, add("Cust54321")
    decision = ledgers.decisions.keep(PersonId(1), Ruling("0" * 64, ()), {"a": 1}, [])
    ledgers.decisions.intend(decision.decision_id, [INTENT])
    ledgers.journal.append("seen", PersonId(1), {})
    remove(turn.session)
    forgotten = "SELECT forget_tenants() AS n"
    turn.connection.execute("SELECT set_config('app.clock_offset', '40 years', false)")
    assert turn.connection.execute(forgotten).fetchone() == {"n": 0}
    with psycopg.connect(dsn, autocommit=True) as owner:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            owner.execute("DELETE FROM so_privacy.journal")
        owner.execute("UPDATE so_privacy.tenant SET evidence_until = now() WHERE removed_at IS NOT NULL")

    assert forget_tenants(turn.connection) == 1
    assert forget_tenants(turn.connection) == 0
    tables = rows(dsn, "SELECT table_name FROM information_schema.columns WHERE table_schema = 'so_privacy'"
                       " AND column_name = 'tenant_id'")  # fmt: skip
    for (table,) in tables:
        assert {one for (one,) in rows(dsn, f"SELECT tenant_id FROM so_privacy.{table}")} <= {other.tenant_id}


@pytest.mark.parametrize(
    ("statement", "found_by"), [("erase_events", "primary_key"), ("erase_errands", "entity")]
)
def test_what_is_kept_of_a_person_is_found_without_a_look_at_everybodys(
    session: TenantSession, statement: str, found_by: str
) -> None:
    session.run(b"SET enable_seqscan = off")  # of an empty table everything else costs more
    plan = session.rows(b"EXPLAIN " + Statements("purging")[statement], {"person_id": 7})

    (condition,) = [line for one in plan for line in one.values() if "Index Cond" in line]
    assert found_by in condition
