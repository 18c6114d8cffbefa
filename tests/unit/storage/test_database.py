"""The schema: migrated once whatever happens, refused when unknown, walled by tenant."""

import random
import shutil
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.storage import embedded
from so_privacy_ext.storage.database import connect, migrate, schema_version
from tests.conftest import TestServer
from tests.unit.storage.shapes import Processes, said, sent

MIGRATE = """
import sys
from so_privacy_ext.storage.database import migrate
print("ready", flush=True)
sys.stdin.readline()
migrate(sys.argv[1])
"""


@pytest.mark.row("F77")
def test_migrating_again_changes_nothing(dsn: str) -> None:
    migrate(dsn)

    with connect(dsn, application_name="test") as connection:
        row = connection.execute("SELECT count(*) AS versions FROM migration").fetchone()
    assert row == {"versions": schema_version()}


@pytest.mark.row("F12")
def test_a_database_that_stops_answering_is_given_up_in_seconds(dsn: str) -> None:
    """Keep-alives alone don't end a connection on which something sent was never acknowledged."""
    with connect(dsn, application_name="test") as connection:
        settings = connection.info.get_parameters()
    assert 0 < int(settings["tcp_user_timeout"]) <= 15_000
    assert 0 < int(settings["connect_timeout"]) <= 5


@pytest.mark.row("F77")
def test_two_may_migrate_at_once(empty_dsn: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [empty_dsn] * 4))

    connect(empty_dsn, application_name="test").close()


@pytest.mark.row("F77")
def test_a_killed_migration_is_begun_again(empty_dsn: str, process: Processes) -> None:
    for _ in range(4):
        one = process(MIGRATE, empty_dsn)
        said(one)
        sent(one, "\n")
        time.sleep(random.uniform(0, 0.05))
        one.kill()
        one.wait()

    migrate(empty_dsn)
    connect(empty_dsn, application_name="test").close()


@pytest.mark.row("F77")
def test_a_failed_migration_leaves_nothing(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA so_privacy")
        connection.execute("CREATE TABLE so_privacy.review (x integer)")  # in the migration's way
    with pytest.raises(Refused):
        migrate(empty_dsn)

    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        found = connection.execute("SELECT to_regclass('so_privacy.tenant')").fetchone()
        connection.execute("DROP TABLE so_privacy.review")
    assert found == (None,)
    migrate(empty_dsn)


@pytest.mark.row("F77")
def test_an_unknown_newer_schema_is_refused(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO so_privacy.migration (version) VALUES (%s)", [schema_version() + 1])
    for open_it in (migrate, lambda url: connect(url, application_name="test")):
        with pytest.raises(Refused) as raised:
            open_it(dsn)
        assert (raised.value.code, raised.value.exit_code) == ("schema_newer", Exit.CONFIG)


@pytest.mark.row("F77")
def test_an_older_schema_is_refused(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM so_privacy.migration")
    with pytest.raises(Refused, match=r"schema_older: .*; start `so-privacy up`, `web` or `worker`"):
        connect(dsn, application_name="test")


def test_a_database_without_our_schema_is_refused(empty_dsn: str) -> None:
    with pytest.raises(Refused) as raised:
        connect(empty_dsn, application_name="test")

    assert raised.value.code == "database_schema"


@pytest.mark.row("F73")
@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_above_the_wall_is_refused(postgres: TestServer, dsn: str, right: str) -> None:
    postgres.execute(f"ALTER ROLE so_privacy_app {right}")
    try:
        with pytest.raises(Refused) as raised:
            connect(dsn, application_name="test")
    finally:
        postgres.execute(f"ALTER ROLE so_privacy_app NO{right}")

    assert raised.value.code == "database_role"


@pytest.mark.row("F73")
def test_a_role_that_owns_the_tables_is_refused(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE so_privacy.mail OWNER TO so_privacy_app")
    with pytest.raises(Refused, match="database_role"):
        connect(dsn, application_name="test")


@pytest.mark.row("F73")
def test_every_table_with_a_tenant_is_behind_the_wall(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        tables = connection.execute("""
            SELECT c.relname, c.relrowsecurity, count(p.polname) FROM pg_class c
            LEFT JOIN pg_policy p ON p.polrelid = c.oid
            WHERE c.relnamespace = 'so_privacy'::regnamespace AND c.relkind IN ('r', 'p')
            GROUP BY c.oid, c.relname, c.relrowsecurity
        """).fetchall()
        columns = connection.execute("""
            SELECT table_name FROM information_schema.columns
            WHERE table_schema = 'so_privacy' AND column_name = 'tenant_id'
              AND table_name IN (SELECT relname FROM pg_class WHERE relkind IN ('r', 'p'))
        """).fetchall()

    walled = {name for name, wall, policies in tables if wall and policies == 1}
    assert {name for (name,) in columns} == walled
    assert {name for name, _, _ in tables} - walled == {
        "migration",
        "sign_in",  # it is not known yet who signs in
        "environment_pause",  # it is about no tenant
    }
    assert walled >= {
        "tenant", "secret", "subscription", "inbox", "manifest", "decision", "effect", "mail", "duty", "due",
        "pace", "journal", "quarantine", "review",
    }  # fmt: skip


@pytest.mark.row("F73")
def test_only_these_functions_cross_tenants(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        crossing = connection.execute("""
            SELECT proname, proconfig::text FROM pg_proc
            WHERE pronamespace = 'so_privacy'::regnamespace AND prosecdef ORDER BY proname
        """).fetchall()
        executable_by_all = connection.execute("""
            SELECT count(*) FROM pg_proc WHERE pronamespace = 'so_privacy'::regnamespace AND prosecdef
              AND has_function_privilege('public', oid, 'EXECUTE')
        """).fetchone()

    assert [name for name, _ in crossing] == [
        "data_keys",
        "due_begin",
        "due_endpoints",
        "due_tenants",
        "forget_tenants",
        "inbox_store",
        "overview",
        "removed_erasures",
        "sign_in_expect",
        "sign_in_take",
        "slot_lookup",
        "state_hint",
        "tenant_list",
        "web_session_use",
    ]
    assert all("search_path=so_privacy, pg_temp" in config for _, config in crossing)
    assert executable_by_all == (0,)


def test_a_session_is_set_up(dsn: str) -> None:
    with connect(dsn, application_name="so-privacy test") as connection:
        row = connection.execute("""
            SELECT current_user AS role, current_setting('idle_session_timeout') AS idle,
              current_setting('idle_in_transaction_session_timeout') AS in_transaction,
              current_setting('application_name') AS name, current_setting('timezone') AS timezone
        """).fetchone()

    assert row == {
        "role": "so_privacy_app",
        "idle": "6s",
        "in_transaction": "6s",
        "name": "so-privacy test",
        "timezone": "UTC",
    }


def test_durability_is_never_off(dsn: str) -> None:
    with connect(f"{dsn}&options=-c%20synchronous_commit%3Doff", application_name="test") as connection:
        row = connection.execute("SHOW synchronous_commit").fetchone()

    assert row == {"synchronous_commit": "on"}


@pytest.mark.row("B90")
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:CANARY1@CANARY2@127.0.0.1:1/x",
        "postgresql://app:1/CANARY@127.0.0.1:1/x",
        "postgresql://app:CANARY%ZZ@127.0.0.1:1/x",
        "host=127.0.0.1 password='CANARY",
        "postgresql://app@127.0.0.1:1/x?passwrd=CANARY",
    ],
)
def test_a_password_that_is_not_encoded_is_named_and_not_quoted(url: str) -> None:
    """The library would take a piece of it for the host or the database's name."""
    for ask in (migrate, lambda dsn: connect(dsn, application_name="test")):
        with pytest.raises(Refused) as raised:
            ask(url)
        assert raised.value.code == "database_url"
        assert "CANARY" not in "".join(traceback.format_exception(raised.value))


def test_an_old_server_is_refused(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psycopg.ConnectionInfo, "server_version", property(lambda self: 130005))
    with pytest.raises(Refused, match="database_version"):
        connect(dsn, application_name="test")


def test_an_owner_that_is_no_superuser_can_migrate_and_work() -> None:
    folder = Path(tempfile.mkdtemp(prefix="sop-", dir="/tmp"))
    server = embedded.start(folder)
    try:
        with psycopg.connect(server.dsn, autocommit=True) as admin:
            admin.execute("CREATE ROLE maker LOGIN CREATEROLE")
            admin.execute("CREATE ROLE given LOGIN")
            for owner in ("maker", "given"):
                admin.execute(f"CREATE DATABASE of_{owner} OWNER {owner}".encode())
        for owner in ("maker", "given"):
            own = server.dsn.replace("postgres:@/postgres", f"{owner}:@/of_{owner}")
            migrate(own)
            if owner == "given":  # an administrator must give it the role
                with pytest.raises(Refused) as raised:
                    connect(own, application_name="test")
                assert raised.value.exit_code == Exit.NO_PERMISSION
                with psycopg.connect(server.dsn, autocommit=True) as admin:
                    admin.execute("GRANT so_privacy_app TO given")
            connect(own, application_name="test").close()
    finally:
        server.stop()
        shutil.rmtree(folder)
