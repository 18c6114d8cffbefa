"""Administrators who sign in, and their sessions; at rest are only keyed hashes of what opens them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from so_privacy_ext.model import AssociateId, ContextIdentifier, TenantId
from so_privacy_ext.storage.database import Connection, connect
from so_privacy_ext.storage.failures import mapped
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import open_session
from so_privacy_ext.storage.statements import Statements

ON_THE_WAY = timedelta(minutes=10)
"""As long as SuperID's codes live."""
IDLE = timedelta(minutes=30)
WHOLE = timedelta(hours=2)
"""Until SuperID is asked again whether she is an administrator, since the CRM doesn't tell us."""

_sql = Statements("sessions")


@dataclass(frozen=True, slots=True)
class SignInBegun:
    """What a sign-in that came back was begun for."""

    purpose: str
    """`install` or `configure`."""
    environment: str
    leads_to: str
    """The path of ours to go on with."""


@dataclass(frozen=True, slots=True)
class KeptSession:
    """Who a session belongs to."""

    tenant_id: TenantId
    environment: str
    context_identifier: ContextIdentifier
    associate_id: AssociateId
    language: str | None
    csrf: str = field(repr=False)
    """What a form of this session must bring along."""
    session_hash: bytes = field(repr=False)


class Sessions:
    """Implements `web.sessions.Store` and `web.install.SignIns`; opens a connection for each question."""

    def __init__(self, dsn: str, data_key: DataKey) -> None:
        self._dsn = dsn
        self._data_key = data_key

    def expect(self, state: str, browser: str, *, purpose: str, environment: str, leads_to: str) -> None:
        """Note that a browser has gone to SuperID; both texts are random, the second stays in the browser."""
        values = {
            **self._pair(state, browser),
            "purpose": purpose,
            "environment": environment,
            "leads_to": leads_to,
            "life": ON_THE_WAY,
        }
        with self._connection() as connection, mapped():
            connection.execute(_sql["expect"], values)

    def take(self, state: str, browser: str) -> SignInBegun | None:
        """Give what the same browser began under this state within ten minutes; the second time, nothing."""
        with self._connection() as connection, mapped():
            row = connection.execute(_sql["take"], self._pair(state, browser)).fetchone()
        return None if row is None else SignInBegun(**row)

    def secret_of(self, browser: str, what: str) -> bytes:
        """Give 32 bytes that belong to a browser's sign-in, so that they need be kept nowhere."""
        return self._data_key.keyed_hash(f"sign-in {what}", browser.encode())

    def begin(self, tenant_id: TenantId, associate_id: AssociateId) -> str:
        """Begin a session and give its id, which is nowhere else."""
        session_id = secrets.token_urlsafe(32)
        with open_session(self._dsn, tenant_id) as session, session.transaction():
            session.run(_sql["tidy"], {"idle": IDLE, "whole": WHOLE})
            values = {"session_hash": self._session_hash(session_id), "associate_id": associate_id}
            session.run(_sql["begin"], values)
        return session_id

    def find(self, session_id: str) -> KeptSession | None:
        """Give a session that lives, of a tenant that is here; this counts as a use."""
        session_hash = self._session_hash(session_id)
        with self._connection() as connection, mapped():
            row = connection.execute(
                _sql["use"], {"session_hash": session_hash, "idle": IDLE, "whole": WHOLE}
            ).fetchone()
        if row is None:
            return None
        csrf = self._data_key.keyed_hash("csrf", session_id.encode()).hex()
        return KeptSession(**row, csrf=csrf, session_hash=session_hash)

    def speak(self, tenant_id: TenantId, session_hash: bytes, language: str) -> None:
        """Have the pages of a session speak a language from now on."""
        with open_session(self._dsn, tenant_id) as session:
            session.run(_sql["speak"], {"session_hash": session_hash, "language": language})

    def end(self, tenant_id: TenantId, session_hash: bytes) -> None:
        """End a session at once, on all machines."""
        with open_session(self._dsn, tenant_id) as session:
            session.run(_sql["end"], {"session_hash": session_hash})

    def _pair(self, state: str, browser: str) -> dict[str, bytes]:
        return {
            "state_hash": self._data_key.keyed_hash("sign-in state", state.encode()),
            "browser_hash": self._data_key.keyed_hash("sign-in browser", browser.encode()),
        }

    def _session_hash(self, session_id: str) -> bytes:
        return self._data_key.keyed_hash("session", session_id.encode())

    def _connection(self) -> Connection:
        return connect(self._dsn, application_name="so-privacy pages", idle_seconds=0)
