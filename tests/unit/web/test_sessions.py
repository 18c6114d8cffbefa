"""The cookie says nothing; who is signed in is asked of the store each time."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from starlette.requests import Request
from starlette.responses import Response

from so_privacy_ext.model import AssociateId, ContextIdentifier, TenantId
from so_privacy_ext.web.sessions import COOKIE, Sessions

FIRST, SECOND = TenantId(1), TenantId(2)
ADMIN = AssociateId(7)
CONTEXT = ContextIdentifier("Cust12345")


@dataclass
class Kept:
    tenant_id: TenantId
    associate_id: AssociateId
    session_hash: bytes
    language: str | None = None
    context_identifier: ContextIdentifier = CONTEXT
    environment: str = "sandbox"
    csrf: str = "f" * 64


class FakeStore:
    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.asked: list[str] = []

    def begin(self, tenant_id: TenantId, associate_id: AssociateId) -> str:
        session_id = f"{len(self.asked) + len(self.kept):043d}"
        self.kept[session_id] = Kept(tenant_id, associate_id, session_id.encode())
        return session_id

    def find(self, session_id: str) -> Kept | None:
        self.asked.append(session_id)
        return self.kept.get(session_id)

    def speak(self, tenant_id: TenantId, session_hash: bytes, language: str) -> None:
        for kept in self.kept.values():
            if (kept.tenant_id, kept.session_hash) == (tenant_id, session_hash):
                kept.language = language

    def end(self, tenant_id: TenantId, session_hash: bytes) -> None:
        self.kept = {
            session_id: kept
            for session_id, kept in self.kept.items()
            if (kept.tenant_id, kept.session_hash) != (tenant_id, session_hash)
        }


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def sessions(store: FakeStore) -> Sessions:
    return Sessions(store)


def bringing(session_id: str | None) -> Request:
    cookie = [] if session_id is None else [(b"cookie", f"{COOKIE}={session_id}".encode())]
    return Request({"type": "http", "headers": cookie})


def given(response: Response) -> str:
    return response.headers["set-cookie"].partition(";")[0].partition("=")[2]


def signed_in(sessions: Sessions, tenant_id: TenantId = FIRST, before: str | None = None) -> str:
    response = Response()
    sessions.begin(bringing(before), response, tenant_id, ADMIN)
    return given(response)


@pytest.mark.row("B59")
def test_the_cookie_is_for_this_host_over_tls_and_no_script(sessions: Sessions) -> None:
    response = Response()
    sessions.begin(bringing(None), response, FIRST, ADMIN)
    name, *attributes = response.headers["set-cookie"].split("; ")

    assert name.startswith("__Host-so-privacy=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=lax", "Secure"]


def test_who_is_signed_in_is_told(sessions: Sessions) -> None:
    signed = sessions.current(bringing(signed_in(sessions)))

    assert signed is not None
    assert (signed.tenant_id, signed.context_identifier, signed.environment, signed.associate_id) == (
        FIRST,
        "Cust12345",
        "sandbox",
        ADMIN,
    )
    assert signed.csrf not in repr(signed)


@pytest.mark.row("B59")
@pytest.mark.parametrize("forged", ["a" * 43, "0" * 43])
def test_an_id_that_was_there_before_opens_nothing(sessions: Sessions, forged: str, store: FakeStore) -> None:
    store.begin(SECOND, ADMIN)  # it is 0…0, and somebody knows that
    new = signed_in(sessions, before=forged)

    assert new != forged
    assert sessions.current(bringing(forged)) is None
    signed = sessions.current(bringing(new))
    assert signed is not None
    assert signed.tenant_id == FIRST


@pytest.mark.row("B60")
@pytest.mark.parametrize(
    "forged", [None, "", "a" * 43, "a" * 42, "a" * 44, "' OR 1=1 --", "é" * 43, "a" * 8000]
)
def test_a_forged_cookie_is_nobody(sessions: Sessions, forged: str | None, store: FakeStore) -> None:
    assert sessions.current(bringing(forged)) is None
    assert store.asked in ([], ["a" * 43])


@pytest.mark.row("B60")
def test_signing_out_ends_the_session_and_takes_the_cookie(sessions: Sessions) -> None:
    session_id = signed_in(sessions)
    signed = sessions.current(bringing(session_id))
    assert signed is not None
    response = Response()
    sessions.end(signed, response)

    assert sessions.current(bringing(session_id)) is None
    assert given(response) == '""'
    assert "Max-Age=0" in response.headers["set-cookie"]


def test_a_language_is_kept(sessions: Sessions) -> None:
    session_id = signed_in(sessions)
    signed = sessions.current(bringing(session_id))
    assert signed is not None
    sessions.speak(signed, "nb")

    spoken = sessions.current(bringing(session_id))
    assert spoken is not None
    assert spoken.language == "nb"
