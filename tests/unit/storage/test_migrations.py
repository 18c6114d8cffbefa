"""Migrations that die at any statement, and programs that meet a schema of another version."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from so_privacy_ext.errors import Refused, StorageUnavailable
from so_privacy_ext.model import Delivery, Slot
from so_privacy_ext.storage.database import connect, migrate, schema_version
from so_privacy_ext.storage.receiving import ReceivingStore
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.tenants import AddedTenant
from so_privacy_ext.storage.turns import take

pytestmark = pytest.mark.row("F77")

DEATH = """
CREATE SCHEMA death;
CREATE SEQUENCE death.statement MINVALUE 0 START 0;
CREATE TABLE death.at (statement bigint NOT NULL);
INSERT INTO death.at VALUES (0);
CREATE FUNCTION death.comes() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('death.statement') = (SELECT statement FROM death.at) THEN
    PERFORM pg_terminate_backend(pg_backend_pid());
  END IF;
END $$;
CREATE EVENT TRIGGER death ON ddl_command_end EXECUTE FUNCTION death.comes();
"""
"""Has the server end the connection that runs the n-th statement that builds something, as a crash would."""
TABLES = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'so_privacy' ORDER BY 1, 2
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_each_statement_it_is_begun_again_and_ends_in_the_same_place(
    empty_dsn: str, dsn: str
) -> None:
    """Each migration is whole or not there, so what was done until then counts and what was not is done."""
    with psycopg.connect(empty_dsn, autocommit=True) as owner:
        owner.execute(DEATH.encode())
        statement, version, deaths = 0, -1, 0
        while True:
            owner.execute("UPDATE death.at SET statement = %s", [statement])
            owner.execute("SELECT setval('death.statement', 0, false)")
            try:
                migrate(empty_dsn)
            except StorageUnavailable:
                deaths += 1
            else:
                break
            before, version = version, _version(owner)
            assert version >= before
            # What stands need not be built again, so the next one dies at the first statement of the rest.
            statement = statement + 1 if version == before else 0
        owner.execute("DROP EVENT TRIGGER death")
        built = owner.execute(TABLES.encode()).fetchall()
    with psycopg.connect(dsn) as other:
        assert built == other.execute(TABLES.encode()).fetchall()

    assert deaths > 100
    migrate(empty_dsn)
    connect(empty_dsn, application_name="test").close()


def _version(owner: psycopg.Connection) -> int:
    """Give how many migrations stand, -1 before there is anything."""
    there = owner.execute("SELECT to_regclass('so_privacy.migration') IS NOT NULL").fetchone()
    if there != (True,):
        return -1
    row = owner.execute("SELECT count(*) FROM so_privacy.migration").fetchone()
    assert row is not None
    return int(row[0])


def test_an_older_program_stops_where_the_schema_is_newer_and_nothing_is_lost(
    dsn: str,
    tenant: AddedTenant,
    data_key: DataKey,
    receiving: ReceivingStore,
    delivery: Callable[..., Delivery],
) -> None:
    """What it had begun it may end on its connection; it opens no other, takes no turn and answers 503."""
    receiving.store([delivery("e-1")])
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("INSERT INTO so_privacy.migration (version) VALUES (%s)", [schema_version() + 1])
        fresh = ReceivingStore(dsn, data_key, patience=0.2)
        with pytest.raises(StorageUnavailable, match="schema_newer"):
            fresh.look_up(Slot(tenant.slot))
        with pytest.raises(StorageUnavailable, match="schema_newer"):
            fresh.store([delivery("e-2")])
        fresh.close()
        for refused in (
            lambda: take(dsn, tenant.tenant_id, data_key),
            lambda: migrate(dsn),
            lambda: connect(dsn, application_name="test"),
        ):
            with pytest.raises(Refused, match="a later one"):
                refused()
        owner.execute("DELETE FROM so_privacy.migration WHERE version > %s", [schema_version()])
    turn = take(dsn, tenant.tenant_id, data_key)
    assert turn is not None
    with turn:
        assert [one.event.event_id for one in turn.ledgers.inbox.claim(10)] == ["e-1"]
