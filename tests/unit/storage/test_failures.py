"""Every failure of psycopg is mapped, and no text gives away a password."""

import psycopg
import pytest
from psycopg import errors

from so_privacy_ext.errors import Exit, Refused, StorageUnavailable
from so_privacy_ext.storage.database import connect, describe, migrate
from so_privacy_ext.storage.failures import classify, mapped
from tests.conftest import TestServer

KNOWN = sorted(
    {
        one
        for one in (*vars(errors).values(), *vars(psycopg).values())
        if isinstance(one, type) and issubclass(one, psycopg.Error)
    },
    key=lambda one: one.__name__,
)


@pytest.mark.parametrize("kind", KNOWN)
def test_every_class_is_mapped(kind: type[psycopg.Error]) -> None:
    with pytest.raises((StorageUnavailable, Refused)) as raised, mapped():
        raise kind("statement with secret-value")

    assert "secret-value" not in str(raised.value)


def test_all_of_psycopg_is_known() -> None:
    assert len(KNOWN) > 250
    assert {psycopg.OperationalError, psycopg.InterfaceError, errors.SerializationFailure} <= set(KNOWN)


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        (errors.InsufficientPrivilege, Exit.NO_PERMISSION),
        (errors.UndefinedTable, Exit.CONFIG),
        (errors.InvalidPassword, Exit.CONFIG),
        (errors.InvalidCatalogName, Exit.CONFIG),
    ],
)
def test_what_no_later_try_mends_is_refused(kind: type[psycopg.Error], exit_code: Exit) -> None:
    refused = classify(kind("x"), where="database")

    assert isinstance(refused, Refused)
    assert refused.exit_code == exit_code


@pytest.mark.parametrize(
    "kind",
    [
        errors.DiskFull,
        errors.AdminShutdown,
        errors.ReadOnlySqlTransaction,
        errors.TooManyConnections,
        errors.CannotConnectNow,
        errors.DeadlockDetected,
        errors.QueryCanceled,
        psycopg.InterfaceError,
    ],
)
def test_what_passes_is_unavailable(kind: type[psycopg.Error]) -> None:
    assert isinstance(classify(kind("x")), StorageUnavailable)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('FATAL:  password authentication failed for user "app"', "database_login"),
        ("fe_sendauth: no password supplied", "database_login"),
        ('FATAL:  role "nobody" does not exist', "database_login"),
        ('FATAL:  database "gone" does not exist', "database_name"),
    ],
)
def test_a_login_that_fails_is_known_by_its_text(text: str, code: str) -> None:
    refused = classify(psycopg.OperationalError(text))

    assert isinstance(refused, Refused)
    assert refused.code == code


def test_too_many_connections_of_a_role_is_no_wrong_login() -> None:
    error = psycopg.OperationalError('FATAL:  too many connections for role "app"')

    assert isinstance(classify(error), StorageUnavailable)


def test_an_unreachable_server_is_unavailable() -> None:
    with pytest.raises(StorageUnavailable) as raised:
        connect("postgresql://app:topsecret@127.0.0.1:1/x", application_name="test")

    assert "topsecret" not in str(raised.value)


@pytest.mark.parametrize("what", ["database", "user"])
def test_a_wrong_name_is_refused_and_named_without_password(postgres: TestServer, what: str) -> None:
    address = postgres.admin.replace(
        "postgres:@/postgres", f"{'nobody' if what == 'user' else 'postgres'}:topsecret@/none"
    )
    with pytest.raises(Refused) as raised:
        migrate(address)

    assert raised.value.exit_code == Exit.CONFIG
    assert "/none" in str(raised.value)
    assert "topsecret" not in str(raised.value)


def test_an_unreadable_url_is_refused_without_quoting_it() -> None:
    with pytest.raises(Refused) as raised:
        describe("postgresql://app:topsecret@host:port/x?bad=1")

    assert "topsecret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_database_is_described_without_its_password() -> None:
    assert (
        describe("postgresql://app:topsecret@db.example.com:5433/x") == "database app@db.example.com:5433/x"
    )
    assert describe("dbname=x") == "database localhost/x"
