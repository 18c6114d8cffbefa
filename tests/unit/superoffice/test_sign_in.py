"""Where a browser is sent, and what becomes of the code that it brings back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from so_privacy_ext.errors import CrmFailure, Fault, Rejected
from so_privacy_ext.superoffice.sign_in import SuperId
from tests.unit.superoffice.loopback import Canned, Loopback
from tests.unit.superoffice.test_id_token import CLIENT, NONCE, claims

TOKENS, CALLBACK, VERIFIER = "Login.Tokens", "https://app.example.com/callback", "v" * 43


@pytest.fixture
def super_id(loopback: Loopback) -> Iterator[SuperId]:
    opened = SuperId(
        loopback.environment,
        client_id=CLIENT,
        application=lambda: loopback.application,
        redirect_uri=CALLBACK,
        clock=loopback.clock,
    )
    yield opened
    opened.close()


def answers(loopback: Loopback, **changes: Any) -> None:
    content = {
        "token_type": "Bearer",
        "access_token": "8A:Cust12345.x",
        "expires_in": 3600,
        "refresh_token": "r",
        "id_token": loopback.token(claims(loopback)),
    } | changes
    loopback.standing[TOKENS] = loopback.json(content)


def redeemed(super_id: SuperId, **changes: str) -> Any:
    return super_id.redeem("c0de", **({"nonce": NONCE, "verifier": VERIFIER} | changes))


@pytest.mark.row("B55")
def test_a_browser_is_sent_with_a_challenge_that_is_hashed(super_id: SuperId, loopback: Loopback) -> None:
    address = urlsplit(super_id.address(state="st&te", nonce="n", verifier=VERIFIER))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

    assert f"{address.scheme}://{address.netloc}{address.path}" == (
        f"{loopback.url}/login/common/oauth/authorize"
    )
    assert parse_qs(address.query, strict_parsing=True) == {
        "client_id": [CLIENT],
        "response_type": ["code"],
        "response_mode": ["query"],
        "scope": ["openid"],
        "redirect_uri": [CALLBACK],
        "state": ["st&te"],
        "nonce": ["n"],
        "code_challenge": [challenge],
        "code_challenge_method": ["S256"],
    }


def test_a_code_stands_for_somebody(super_id: SuperId, loopback: Loopback) -> None:
    answers(loopback)

    assert redeemed(super_id).context_identifier == "Cust12345"
    assert parse_qs(loopback.bodies(TOKENS)[0], strict_parsing=True) == {
        "grant_type": ["authorization_code"],
        "client_id": [CLIENT],
        "client_secret": ["client-secret"],
        "code": ["c0de"],
        "redirect_uri": [CALLBACK],
        "code_verifier": [VERIFIER],
    }


@pytest.mark.row("F45")
def test_a_secret_that_was_rotated_is_used_at_once(super_id: SuperId, loopback: Loopback) -> None:
    answers(loopback)
    redeemed(super_id)
    loopback.application = replace(loopback.application, application_token="another-secret")
    redeemed(super_id)

    sent = [parse_qs(body)["client_secret"] for body in loopback.bodies(TOKENS)]
    assert sent == [["client-secret"], ["another-secret"]]


@pytest.mark.row("B55")
def test_a_token_of_another_sign_in_is_refused(super_id: SuperId, loopback: Loopback) -> None:
    answers(loopback)
    with pytest.raises(Rejected) as caught:
        redeemed(super_id, nonce="another")

    assert (caught.value.code, caught.value.status) == ("bad_token", 401)


@pytest.mark.row("B51")
@pytest.mark.parametrize("token", [None, 5, "", "a.b", "x" * 20_000])
def test_what_is_no_token_is_refused(super_id: SuperId, loopback: Loopback, token: object) -> None:
    answers(loopback, id_token=token)
    with pytest.raises(Rejected) as caught:
        redeemed(super_id)

    assert (caught.value.code, caught.value.status) == ("bad_token", 400)


@pytest.mark.row("B57")
def test_a_code_that_was_used_is_refused(super_id: SuperId, loopback: Loopback) -> None:
    loopback.standing[TOKENS] = loopback.json(
        {"error": "invalid_grant", "error_description": "CANARY"}, status=400
    )
    with pytest.raises(Rejected) as caught:
        redeemed(super_id)

    assert (caught.value.code, caught.value.status) == ("bad_code", 400)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Canned(b'{"error": "invalid_client"}', 401), Fault.APP_KEY),
        (Canned(b'{"error": "unauthorized_client"}', 400), Fault.APP_KEY),
        (Canned(b"<html/>", 401), Fault.EXPIRED_TICKET),
        (Canned(b"<html/>", 500), Fault.TRANSIENT),
        (Canned(b"", 503, {"Retry-After": "7"}), Fault.THROTTLED),
        (Canned(b"", 302, {"Location": "/evil"}), Fault.PROTOCOL),
        (Canned(b"<html/>"), Fault.PROTOCOL),
        (Canned(b"[]"), Fault.PROTOCOL),
        (Canned(b'{"id_token": "a", "id_token": "b"}'), Fault.PROTOCOL),
        (Canned(b'{"id_token": "' + b"x" * 70_000 + b'"}'), Fault.PROTOCOL),
        (lambda handler: handler.raw(b""), Fault.TRANSPORT),
    ],
)
def test_a_service_that_can_not_be_asked_is_a_failure_of_the_crm(
    super_id: SuperId, loopback: Loopback, reply: Any, fault: Fault
) -> None:
    loopback.standing[TOKENS] = reply
    with pytest.raises(CrmFailure) as caught:
        redeemed(super_id)

    assert caught.value.fault is fault
    assert loopback.count(TOKENS) == 1


def test_a_code_is_redeemed_once_however_that_ends(super_id: SuperId, loopback: Loopback) -> None:
    answers(loopback)
    loopback.script("Login.Jwks", Canned(status=503))
    with pytest.raises(CrmFailure):
        redeemed(super_id)

    assert loopback.count(TOKENS) == 1


@pytest.mark.row("B46")
def test_keys_are_got_from_the_environment_alone(super_id: SuperId, loopback: Loopback) -> None:
    answers(loopback, id_token=loopback.token(claims(loopback), jku="http://127.0.0.1:1/jwks", x5t="other"))
    with pytest.raises(Rejected):
        redeemed(super_id)

    assert [call.operation for call in loopback.calls] == [TOKENS, "Login.Jwks"]
