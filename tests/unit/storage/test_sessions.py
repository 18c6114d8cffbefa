"""Sign-ins are taken once by the browser that began them; sessions end by rest, age, logout and removal."""

from __future__ import annotations

import psycopg
import pytest

from so_privacy_ext.errors import Refused
from so_privacy_ext.model import AssociateId
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.sessions import Sessions, SignInBegun
from so_privacy_ext.storage.tenants import AddedTenant
from so_privacy_ext.storage.turns import Turn
from tests.unit.storage.shapes import Add

STATE, BROWSER = "s" * 43, "b" * 43
ADMIN = AssociateId(7)


@pytest.fixture
def sessions(dsn: str, data_key: DataKey) -> Sessions:
    return Sessions(dsn, data_key)


def later(dsn: str, data_key: DataKey, offset: str) -> Sessions:
    """The same, seen by a clock that is ahead."""
    spaced = offset.replace(" ", "%5C%20")
    return Sessions(f"{dsn}&options=-c%20app.clock_offset%3D{spaced}", data_key)


def stored(dsn: str, table: str) -> str:
    with psycopg.connect(dsn) as admin:
        return str(admin.execute(f"SELECT {table}::text FROM so_privacy.{table}".encode()).fetchall())


def begun(sessions: Sessions) -> None:
    sessions.expect(STATE, BROWSER, purpose="install", environment="sandbox", leads_to="/installed")


@pytest.mark.row("B54")
def test_a_sign_in_is_taken_once_by_its_own_browser(sessions: Sessions) -> None:
    begun(sessions)

    assert sessions.take(STATE, "c" * 43) is None
    assert sessions.take("t" * 43, BROWSER) is None
    assert sessions.take(STATE, BROWSER) == SignInBegun("install", "sandbox", "/installed")
    assert sessions.take(STATE, BROWSER) is None


@pytest.mark.row("B54")
def test_a_sign_in_waits_ten_minutes(dsn: str, data_key: DataKey, sessions: Sessions) -> None:
    begun(sessions)
    assert later(dsn, data_key, "10 minutes").take(STATE, BROWSER) is None

    assert later(dsn, data_key, "9 minutes").take(STATE, BROWSER) is not None


def test_what_ran_out_is_cleared_away_by_the_next(dsn: str, data_key: DataKey, sessions: Sessions) -> None:
    begun(sessions)
    after = later(dsn, data_key, "10 minutes")
    after.expect("t" * 43, BROWSER, purpose="configure", environment="sandbox", leads_to="/configure")

    with psycopg.connect(dsn) as admin:
        assert admin.execute("SELECT purpose FROM so_privacy.sign_in").fetchall() == [("configure",)]


def test_nothing_at_rest_opens_anything(dsn: str, tenant: AddedTenant, sessions: Sessions) -> None:
    begun(sessions)
    session_id = sessions.begin(tenant.tenant_id, ADMIN)
    text = stored(dsn, "sign_in") + stored(dsn, "web_session")

    for secret in (STATE, BROWSER, session_id):
        assert secret not in text
        assert secret.encode().hex() not in text
    found = sessions.find(session_id)
    assert found is not None
    assert found.csrf not in text
    assert found.csrf not in repr(found)


def test_the_app_itself_can_not_read_who_signs_in(dsn: str, sessions: Sessions) -> None:
    begun(sessions)
    with (
        connect(dsn, application_name="test") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM sign_in")


def test_secrets_of_a_browser_are_its_own_and_the_keys(sessions: Sessions, dsn: str) -> None:
    other_key = Sessions(dsn, DataKey(bytes(32)))
    secrets = {
        sessions.secret_of(BROWSER, "nonce"),
        sessions.secret_of(BROWSER, "verifier"),
        sessions.secret_of("c" * 43, "nonce"),
        other_key.secret_of(BROWSER, "nonce"),
    }

    assert len(secrets) == 4
    assert sessions.secret_of(BROWSER, "nonce") in secrets


def test_a_session_is_found_by_its_id_alone(tenant: AddedTenant, sessions: Sessions) -> None:
    session_id = sessions.begin(tenant.tenant_id, ADMIN)
    found = sessions.find(session_id)

    assert found is not None
    assert (found.tenant_id, found.environment, found.context_identifier, found.associate_id) == (
        tenant.tenant_id,
        "sandbox",
        "Cust12345",
        ADMIN,
    )
    assert found.language is None
    assert sessions.find(session_id[::-1]) is None
    assert sessions.find("") is None


def test_a_session_keeps_a_language(tenant: AddedTenant, sessions: Sessions) -> None:
    session_id = sessions.begin(tenant.tenant_id, ADMIN)
    found = sessions.find(session_id)
    assert found is not None
    sessions.speak(found.tenant_id, found.session_hash, "da")

    spoken = sessions.find(session_id)
    assert spoken is not None
    assert spoken.language == "da"


@pytest.mark.row("B60")
def test_a_session_ends_by_rest_and_by_age(
    dsn: str, data_key: DataKey, tenant: AddedTenant, sessions: Sessions
) -> None:
    session_id = sessions.begin(tenant.tenant_id, ADMIN)
    assert later(dsn, data_key, "30 minutes").find(session_id) is None
    for minutes in range(25, 2 * 60, 25):
        assert later(dsn, data_key, f"{minutes} minutes").find(session_id) is not None, minutes

    assert later(dsn, data_key, "2 hours").find(session_id) is None


@pytest.mark.row("B60")
def test_a_session_ends_when_it_is_told_to(tenant: AddedTenant, sessions: Sessions) -> None:
    session_id, other = (sessions.begin(tenant.tenant_id, ADMIN) for _ in range(2))
    found = sessions.find(session_id)
    assert found is not None
    sessions.end(tenant.tenant_id, found.session_hash)

    assert sessions.find(session_id) is None
    assert sessions.find(other) is not None


@pytest.mark.row("B60")
def test_a_session_ends_with_its_tenant(
    dsn: str, turn: Turn, tenant: AddedTenant, sessions: Sessions
) -> None:
    session_id = sessions.begin(tenant.tenant_id, ADMIN)
    turn.ledgers.journal.append("decision", None, {"n": 1})  # so that the tenant's row stays as evidence
    tenants.remove(turn.session)

    assert sessions.find(session_id) is None
    assert stored(dsn, "web_session") == "[]"


@pytest.mark.row("B60")
def test_no_tenant_ends_or_begins_another_ones(add: Add, dsn: str, sessions: Sessions) -> None:
    one, other = add("Cust1"), add("Cust2")
    session_id = sessions.begin(one.tenant_id, ADMIN)
    found = sessions.find(session_id)
    assert found is not None
    sessions.end(other.tenant_id, found.session_hash)
    sessions.speak(other.tenant_id, found.session_hash, "de")

    assert sessions.find(session_id) == found
    with open_session(dsn, other.tenant_id) as session, pytest.raises(Refused):
        session.run(
            b"INSERT INTO web_session (session_hash, tenant_id, associate_id) VALUES ('x', %(one)s, 1)",
            {"one": one.tenant_id},
        )


def test_dead_sessions_are_cleared_away_by_the_next(
    dsn: str, data_key: DataKey, tenant: AddedTenant, sessions: Sessions
) -> None:
    sessions.begin(tenant.tenant_id, ADMIN)
    later(dsn, data_key, "31 minutes").begin(tenant.tenant_id, ADMIN)

    assert stored(dsn, "web_session").count(",7,") == 1
