"""Tenants come with sealed secrets, are found by name and leave only their evidence."""

import base64
import re
import threading
from collections.abc import Iterator

import psycopg
import pytest

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import AddressHash, AssociateId, ContextIdentifier, PersonId
from so_privacy_ext.ports import MailClaim
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import Connection, connect
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.tenants import AddedTenant
from so_privacy_ext.storage.turns import Turn, take
from tests.unit.storage.shapes import Add, Delivering, Taking


@pytest.fixture
def connection(dsn: str) -> Iterator[Connection]:
    with connect(dsn, application_name="test") as connection:
        yield connection


def names(dsn: str) -> list[str]:
    with connect(dsn, application_name="test") as connection:
        return [one.context_identifier for one in tenants.listed(connection)]


def test_a_tenant_is_added_with_slot_and_secrets(dsn: str, data_key: DataKey, tenant: AddedTenant) -> None:
    assert re.fullmatch("[0-9a-f]{32}", tenant.slot)
    assert len(base64.b64decode(tenant.webhook_secret, validate=True)) == 32
    assert tenant.webhook_secret not in repr(tenant)
    with open_session(dsn, tenant.tenant_id) as session:
        assert tenants.read_secret(session, data_key, tenants.WEBHOOK) == tenant.webhook_secret.encode()
        assert len(tenants.read_secret(session, data_key, tenants.ADDRESS_KEY)) == 32
        (subscription,) = tenants.subscriptions(session)
    assert (subscription.slot, subscription.webhook_id) == (tenant.slot, None)


def test_no_secret_lies_open_in_the_database(dsn: str, tenant: AddedTenant) -> None:
    with psycopg.connect(dsn) as admin:
        rows = admin.execute("SELECT secret::text FROM so_privacy.secret").fetchall()
    assert len(rows) == 3
    text = str(rows)
    assert tenant.webhook_secret.encode().hex() not in text
    assert b"token of".hex() not in text


def test_a_name_is_there_once_in_an_environment(
    dsn: str, add: Add, connection: Connection, data_key: DataKey
) -> None:
    add("Cust1")
    with pytest.raises(Refused) as raised:
        add("cust1")
    assert raised.value.exit_code == Exit.CANT_CREATE
    tenants.add(
        dsn,
        data_key,
        environment="online",
        context_identifier=ContextIdentifier("Cust1"),
        system_user_token=b"x",
    )

    with pytest.raises(Refused, match="which_tenant"):
        tenants.find(connection, "Cust1")
    assert tenants.find(connection, "Cust1", "online").environment == "online"
    with pytest.raises(Refused) as raised:
        tenants.find(connection, "Cust2")
    assert raised.value.exit_code == Exit.NO_INPUT


def test_two_administrators_add_one_tenant(add: Add, connection: Connection) -> None:
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


def test_what_the_crm_said_is_kept(dsn: str, tenant: AddedTenant, taking: Taking) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        tenants.registered(session, tenant.slot, webhook_id=9, own_associate_id=AssociateId(103))
        assert tenants.subscriptions(session)[0].webhook_id == 9
    assert taking(tenant.tenant_id).tenant.own_associate_id == 103


def test_a_tenant_is_summed_up(
    connection: Connection, tenant: AddedTenant, turn: Turn, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery("e-1"), delivery("e-2"), delivery("e-3"), delivery("q", reason="x")])
    first, second, _ = turn.ledgers.inbox.claim(10)
    turn.ledgers.inbox.done([first.inbox_id], "effect")
    turn.ledgers.inbox.dead([second.inbox_id], "poison")
    turn.ledgers.reviews.open(PersonId(1), "purpose", "STORE", {})

    shown = tenants.find(connection, "Cust12345")
    assert (shown.open, shown.dead, shown.quarantined, shown.reviews, shown.duties) == (1, 1, 1, 1, 0)
    assert shown.oldest is not None


def test_a_secret_is_replaced_or_stands_beside(dsn: str, data_key: DataKey, tenant: AddedTenant) -> None:
    with open_session(dsn, tenant.tenant_id) as session:
        tenants.put_secret(session, data_key, "x", b"1")
        tenants.put_secret(session, data_key, "x", b"2", beside=True)
        assert tenants.read_secret(session, data_key, "x") == b"2"
        tenants.put_secret(session, data_key, "x", b"3")
        rows = session.rows(b"SELECT 1 FROM secret WHERE name = 'x'")
    assert len(rows) == 1


def test_a_tenant_nothing_was_done_for_leaves_nothing(
    dsn: str, tenant: AddedTenant, taking: Taking, receiving: ReceivingStore, delivery: Delivering
) -> None:
    receiving.store([delivery()])
    with taking(tenant.tenant_id) as turn:
        tenants.remove(turn.session)

    assert names(dsn) == []
    assert receiving.look_up(tenant.slot) is None
    with psycopg.connect(dsn) as admin:
        for table in ("tenant", "secret", "subscription", "inbox"):
            assert admin.execute(f"SELECT count(*) FROM so_privacy.{table}".encode()).fetchone() == (0,)


def test_a_tenant_with_a_past_keeps_its_evidence_and_comes_back_with_it(
    dsn: str, data_key: DataKey, add: Add, taking: Taking, receiving: ReceivingStore
) -> None:
    def claim(turn: Turn) -> MailClaim | None:
        return turn.ledgers.mails.claim(
            PersonId(1), mail="m", version=1, address_hash=AddressHash("a"), template_id=1, retell=False
        )

    first = add("Cust1")
    with taking(first.tenant_id) as turn:
        assert claim(turn) is not None
        turn.ledgers.journal.append("x", None, {})
        address_key = turn.tenant.address_key
        tenants.remove(turn.session)
    assert names(dsn) == []
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
