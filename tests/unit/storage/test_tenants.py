"""Tenants come with sealed secrets, are found by name and leave only their evidence."""

import threading

import psycopg
import pytest

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import AddressHash, AssociateId, ContextIdentifier, PersonId
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.turns import take


@pytest.fixture
def connection(dsn: str):
    with connect(dsn, application_name="test") as connection:
        yield connection


def test_a_tenant_is_added_with_slot_and_secrets(dsn, data_key, tenant) -> None:
    assert len(tenant.slot) == 32
    assert tenant.webhook_secret not in repr(tenant)
    with open_session(dsn, tenant.tenant_id) as session:
        assert tenants.read_secret(session, data_key, tenants.WEBHOOK) == tenant.webhook_secret.encode()
        assert len(tenants.read_secret(session, data_key, tenants.ADDRESS_KEY)) == 32
        (subscription,) = tenants.subscriptions(session)
    assert (subscription.slot, subscription.webhook_id) == (tenant.slot, None)


def test_no_secret_lies_open_in_the_database(dsn, tenant) -> None:
    with psycopg.connect(dsn) as admin:
        rows = admin.execute("SELECT secret::text FROM so_privacy.secret").fetchall()
    assert len(rows) == 3
    text = str(rows)
    assert tenant.webhook_secret.encode().hex() not in text
    assert b"token of".hex() not in text


def test_a_name_is_there_once_in_an_environment(dsn, add, connection, data_key) -> None:
    add("Cust1")
    with pytest.raises(Refused) as raised:
        add("cust1")
    assert raised.value.exit_code == Exit.CANT_CREATE
    tenants.add(
        dsn, data_key, environment="online", context_identifier=ContextIdentifier("Cust1"), system_user_token=b"x"
    )

    with pytest.raises(Refused, match="which_tenant"):
        tenants.find(connection, "Cust1")
    assert tenants.find(connection, "Cust1", "online").environment == "online"
    with pytest.raises(Refused) as raised:
        tenants.find(connection, "Cust2")
    assert raised.value.exit_code == Exit.NO_INPUT


def test_two_administrators_add_one_tenant(add, connection) -> None:
    refused = []

    def adding() -> None:
        try:
            add("Cust1")
        except Refused as error:
            refused.append(error.code)

    at_once = [threading.Thread(target=adding) for _ in range(4)]
    for one in at_once:
        one.start()
    for one in at_once:
        one.join()

    assert refused == ["tenant_exists"] * 3
    assert len(tenants.listed(connection)) == 1


def test_what_the_crm_said_is_kept(dsn, tenant, taking) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        tenants.registered(session, tenant.slot, webhook_id=9, own_associate_id=AssociateId(103))
        assert tenants.subscriptions(session)[0].webhook_id == 9
    assert taking(tenant.tenant_id).tenant.own_associate_id == 103


def test_a_tenant_is_summed_up(connection, tenant, turn, receiving, delivery) -> None:
    receiving.store([delivery("e-1"), delivery("e-2"), delivery("e-3"), delivery("q", reason="x")])
    first, second, _ = turn.ledgers.inbox.claim(10)
    turn.ledgers.inbox.done([first.inbox_id], "effect")
    turn.ledgers.inbox.dead([second.inbox_id], "poison")
    turn.ledgers.reviews.open(PersonId(1), "purpose", "STORE", {})

    shown = tenants.find(connection, "Cust12345")
    assert (shown.open, shown.dead, shown.quarantined, shown.reviews, shown.duties) == (1, 1, 1, 1, 0)
    assert shown.oldest is not None


def test_a_secret_is_replaced_or_stands_beside(dsn, data_key, tenant) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        tenants.put_secret(session, data_key, "x", b"1")
        tenants.put_secret(session, data_key, "x", b"2", beside=True)
        assert tenants.read_secret(session, data_key, "x") == b"2"
        tenants.put_secret(session, data_key, "x", b"3")
        rows = session.rows(b"SELECT 1 FROM secret WHERE name = 'x'")
    assert len(rows) == 1


def test_a_tenant_nothing_was_done_for_leaves_nothing(dsn, taking, tenant, connection, receiving, delivery) -> None:
    receiving.store([delivery()])
    with taking(tenant.tenant_id) as turn:
        tenants.remove(turn.session)

    assert tenants.listed(connection) == []
    assert receiving.look_up(tenant.slot) is None
    with psycopg.connect(dsn) as admin:
        for table in ("tenant", "secret", "subscription", "inbox"):
            assert admin.execute(f"SELECT count(*) FROM so_privacy.{table}".encode()).fetchone() == (0,)


def test_a_tenant_with_a_past_keeps_its_evidence_and_comes_back_with_it(
    dsn, data_key, add, taking, connection, receiving
) -> None:
    def claim(turn):
        return turn.ledgers.mails.claim(
            PersonId(1), mail="m", version=1, address_hash=AddressHash("a"), template_id=1, retell=False
        )

    first = add("Cust1")
    with taking(first.tenant_id) as turn:
        assert claim(turn) is not None
        turn.ledgers.journal.append("x", None, {})
        address_key = turn.tenant.address_key
        tenants.remove(turn.session)
    assert tenants.listed(connection) == []
    assert receiving.look_up(first.slot) is None
    assert take(dsn, first.tenant_id, data_key) is None
    with open_session(dsn, first.tenant_id) as session, pytest.raises(Refused):
        tenants.read_secret(session, data_key, tenants.SYSTEM_USER_TOKEN)

    second = add("Cust1")
    assert second.tenant_id == first.tenant_id
    assert second.slot != first.slot
    with taking(second.tenant_id) as turn:
        assert turn.tenant.address_key == address_key
        assert claim(turn) is None
