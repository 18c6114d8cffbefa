"""Whose turn it is: whoever waited longest, and nobody's work is forgotten."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import MailState, PersonId, TenantId
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import Connection, connect
from so_privacy_ext.storage.due import due_tenants, next_due, wait_for_work
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import AddedTenant
from so_privacy_ext.storage.turns import Turn, take
from tests.unit.storage.shapes import Add, Delivering, Taking, claimed


@pytest.fixture
def connection(dsn: str) -> Iterator[Connection]:
    with connect(dsn, application_name="test") as connection:
        yield connection


def test_nobody_owes_anything_at_first(connection: Connection, tenant: AddedTenant) -> None:
    assert due_tenants(connection, 10) == []
    assert next_due(connection) is None


def test_who_waited_longest_comes_first(
    connection: Connection, add: Add, receiving: ReceivingStore, delivery: Delivering
) -> None:
    later, sooner = add("Cust1").tenant_id, add("Cust2").tenant_id
    receiving.store([delivery("a", tenant_id=sooner)])
    receiving.store([delivery("a", tenant_id=later)])

    assert due_tenants(connection, 10) == [sooner, later]
    assert due_tenants(connection, 1) == [sooner]
    assert next_due(connection) == 0


def test_a_burst_of_one_tenant_lets_the_other_pass(
    connection: Connection, add: Add, receiving: ReceivingStore, delivery: Delivering, taking: Taking
) -> None:
    noisy, quiet = add("Cust1").tenant_id, add("Cust2").tenant_id
    receiving.store([delivery(f"a-{number}", tenant_id=noisy) for number in range(50)])
    receiving.store([delivery("a", tenant_id=quiet)])
    assert due_tenants(connection, 10) == [noisy, quiet]

    taking(noisy).release()  # a slice is done, much is left

    assert due_tenants(connection, 10) == [quiet, noisy]


def test_a_held_turn_is_left_out(
    connection: Connection,
    taking: Taking,
    receiving: ReceivingStore,
    delivery: Delivering,
    tenant: AddedTenant,
) -> None:
    receiving.store([delivery()])
    turn = taking(tenant.tenant_id)
    assert due_tenants(connection, 10) == []
    turn.release()
    assert due_tenants(connection, 10) == [tenant.tenant_id]


def test_a_parked_tenant_waits_with_its_events(
    connection: Connection,
    taking: Taking,
    receiving: ReceivingStore,
    delivery: Delivering,
    tenant: AddedTenant,
) -> None:
    receiving.store([delivery()])
    with taking(tenant.tenant_id) as turn:
        turn.park("why", 60)
    assert due_tenants(connection, 10) == []
    seconds = next_due(connection)
    assert seconds is not None
    assert 0 < seconds <= 60
    with taking(tenant.tenant_id) as turn:
        turn.park("why", 0.3)
    time.sleep(0.35)
    assert due_tenants(connection, 10) == [tenant.tenant_id]


def test_an_event_that_was_put_off_is_due_later(
    connection: Connection,
    taking: Taking,
    receiving: ReceivingStore,
    delivery: Delivering,
    tenant: AddedTenant,
) -> None:
    receiving.store([delivery()])
    with taking(tenant.tenant_id) as turn:
        (event,) = turn.ledgers.inbox.claim(10)
        turn.ledgers.inbox.put_off([event.inbox_id], 60, "retry")
    assert due_tenants(connection, 10) == []
    assert 50 < (next_due(connection) or 0) <= 60


def test_other_work_and_look_ups_are_due_too(
    connection: Connection, taking: Taking, tenant: AddedTenant
) -> None:
    def due_after(work: Callable[[Turn], object]) -> list[TenantId]:
        with taking(tenant.tenant_id) as turn:
            work(turn)
        return list(due_tenants(connection, 10))

    def unknown(turn: Turn) -> None:
        claim = claimed(turn.ledgers.mails)
        turn.ledgers.mails.set_state(claim.mail_id, MailState.UNKNOWN)
        turn.ledgers.mails.look_up_later(claim.mail_id, 0)

    def settled(turn: Turn) -> None:
        (claim,) = turn.ledgers.mails.due_look_ups()
        turn.ledgers.mails.set_state(claim.mail_id, MailState.SENT)

    def awaits_crm(turn: Turn) -> None:
        now = datetime.now(UTC)
        turn.ledgers.mails.open_duty(
            PersonId(1), mail="n", article=13, due_at=now, reason="crm_mails", template_id=7, since=now
        )

    mine = [tenant.tenant_id]
    assert due_after(lambda turn: turn.due("sweep", 0)) == mine
    assert due_after(lambda turn: turn.not_due("sweep")) == []
    assert due_after(unknown) == mine
    assert due_after(settled) == []
    assert due_after(awaits_crm) == mine
    assert due_after(lambda turn: turn.ledgers.mails.close_duties(PersonId(1), "gone")) == []


def test_a_stored_event_wakes_who_waits(
    connection: Connection, receiving: ReceivingStore, delivery: Delivering
) -> None:
    assert wait_for_work(connection, 0.05) is False
    storing = threading.Timer(0.1, receiving.store, [[delivery()]])
    storing.start()
    begun = time.monotonic()
    assert wait_for_work(connection, 5) is True
    assert time.monotonic() - begun < 2
    storing.join()
    assert wait_for_work(connection, 0.05) is False


def test_a_duplicate_wakes_nobody(
    connection: Connection, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery()])
    wait_for_work(connection, 0.05)
    receiving.store([delivery()])
    assert wait_for_work(connection, 0.1) is False


def test_a_turn_can_wake_the_workers(connection: Connection, turn: Turn) -> None:
    wait_for_work(connection, 0)
    turn.wake()
    assert wait_for_work(connection, 2) is True


def test_a_thousand_notifications_wake_once(
    connection: Connection, add: Add, receiving: ReceivingStore, delivery: Delivering, tenant: AddedTenant
) -> None:
    wait_for_work(connection, 0)
    for number in range(20):  # as many commits
        receiving.store([delivery(f"e-{number}")])
    connection.execute("SELECT 1")  # as the look at whose turn it is takes them in

    assert wait_for_work(connection, 1) is True
    assert wait_for_work(connection, 0.05) is False


def test_tenants_whose_secrets_can_t_be_opened_starve_nobody(
    dsn: str, connection: Connection, add: Add, receiving: ReceivingStore, delivery: Delivering
) -> None:
    broken, sound = add("Cust1").tenant_id, add("Cust2").tenant_id
    receiving.store([delivery("a", tenant_id=broken)])
    receiving.store([delivery("a", tenant_id=sound)])
    assert due_tenants(connection, 1) == [broken]

    with pytest.raises(Refused):
        take(dsn, broken, DataKey(bytes(32)))

    assert due_tenants(connection, 1) == [sound]


@pytest.mark.parametrize(("kind", "in_line"), [("purge", True), ("state", True), ("watchdog", False)])
def test_what_the_law_asks_is_owed_for_a_paused_tenant_too(
    connection: Connection, tenant: AddedTenant, taking: Taking, kind: str, in_line: bool
) -> None:
    with taking(tenant.tenant_id) as turn:
        tenants.pause(turn.session)
        turn.due(kind, 0.0)
    with taking(tenant.tenant_id) as turn:
        assert turn.tenant.paused

    assert due_tenants(connection, 10) == ([tenant.tenant_id] if in_line else [])


def test_a_paused_tenant_is_in_nobodys_line_until_it_is_resumed(
    dsn: str, connection: Connection, tenant: AddedTenant, receiving: ReceivingStore, delivery: Delivering
) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        assert tenants.pause(session)
        assert not tenants.pause(session)
        receiving.store([delivery("a", tenant_id=tenant.tenant_id)])
        assert due_tenants(connection, 10) == []
        assert [one.paused_at is None for one in tenants.listed(connection)] == [False]

        assert tenants.resume(session)
        assert not tenants.resume(session)

    assert due_tenants(connection, 10) == [tenant.tenant_id]
    assert [one.paused_at for one in tenants.listed(connection)] == [None]
