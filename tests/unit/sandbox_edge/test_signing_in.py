"""Signing in as a browser and a client do it: page or unattended, code, tokens, refresh, refusals."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from so_sandbox.login.tokens import CLAIM
from so_sandbox.server import Options, RunningSandbox, run
from so_sandbox.world.tenant import Tenant

CALLBACK = "https://app.example.com/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def client(running: RunningSandbox) -> RunningSandbox:
    """Our application, which sends its browsers back to CALLBACK."""
    tell(running, redirect_uris=[CALLBACK])
    return running


def tell(running: RunningSandbox, **content: Any) -> Any:
    answer = requests.post(running.url + "/_sandbox/sign-in", json=content, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()


def asked(running: RunningSandbox, **changes: Any) -> dict[str, str]:
    given = {
        "client_id": running.credentials.client_id,
        "response_type": "code",
        "scope": "openid",
        "redirect_uri": CALLBACK,
        "state": "st&te",
        "nonce": "n0nce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def authorize(running: RunningSandbox, context: str = "common", **changes: Any) -> requests.Response:
    url = f"{running.url}/login/{context}/oauth/authorize"
    return requests.get(url, params=asked(running, **changes), allow_redirects=False, timeout=5)


def answer_of(response: requests.Response) -> dict[str, str]:
    """What the client gets to know, whichever way it is sent."""
    if response.status_code == 200:
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', response.text)
        return {name: value.replace("&amp;", "&") for name, value in found}
    assert response.status_code == 302, response.text
    address = urlsplit(response.headers["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == CALLBACK
    return {name: value for name, (value,) in parse_qs(address.query or address.fragment).items()}


def decide(
    running: RunningSandbox, page: requests.Response, who: str, answer: str = "approve"
) -> requests.Response:
    assert page.status_code == 200, page.text
    found = re.search(r'name="request" value="([^"]+)"', page.text)
    assert found is not None
    form = {"request": found[1], "who": who, "answer": answer}
    return requests.post(f"{running.url}/login/approve", data=form, allow_redirects=False, timeout=5)


def who(tenant: Tenant, role: str = "administrator") -> str:
    return f"{tenant.context_identifier}/{tenant.associate(role).associate_id}"


def redeem(running: RunningSandbox, how: str = "data", **changes: Any) -> requests.Response:
    given = {
        "grant_type": "authorization_code",
        "client_id": running.credentials.client_id,
        "client_secret": running.credentials.application_token,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    words = {name: value for name, value in given.items() if value is not None}
    url = running.url + "/login/common/oauth/tokens"
    if how == "files":
        return requests.post(url, files={name: (None, value) for name, value in words.items()}, timeout=5)
    if how == "params":
        return requests.post(url, params=words, timeout=5)
    return requests.post(url, data=words, timeout=5)


def code_of(running: RunningSandbox, tenant: Tenant, role: str = "administrator", **changes: Any) -> str:
    return answer_of(decide(running, authorize(running, **changes), who(tenant, role)))["code"]


def claims_of(running: RunningSandbox, token: str) -> dict[str, Any]:
    keys = requests.get(running.url + "/login/.well-known/jwks", timeout=5).json()["keys"]
    names = jwt.get_unverified_header(token)
    assert set(names) == {"typ", "alg", "x5t"}
    key = next(one for one in keys if one["x5t"] == names["x5t"])
    claims: dict[str, Any] = jwt.decode(
        token,
        jwt.PyJWK(key),
        algorithms=["RS256"],
        audience=running.credentials.client_id,
        issuer=running.url,
    )
    return claims


def test_an_administrator_approves_and_the_client_learns_all(client: RunningSandbox, tenant: Tenant) -> None:
    page = authorize(client)
    assert "asks for leave to act" in page.text
    assert page.text.index("Anja Administrator") < page.text.index("Sona Seller")
    answer = answer_of(decide(client, page, who(tenant)))
    assert set(answer) == {"code", "state"}
    assert answer["state"] == "st&te"
    tokens = redeem(client, code=answer["code"]).json()

    assert set(tokens) == {"token_type", "access_token", "expires_in", "refresh_token", "id_token"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    claims = claims_of(client, tokens["id_token"])
    leave = tenant.tables.authorizations[client.credentials.client_id]
    assert isinstance(claims["iat"], str)
    assert claims["exp"] - int(claims["iat"]) == 300
    assert int(claims["iat"]) - claims["nbf"] == 60
    assert claims["nonce"] == "n0nce"
    assert claims["sub"] == claims[CLAIM + "upn"] == "anja@cust12345.example.com"
    assert {name.removeprefix(CLAIM): value for name, value in claims.items() if name.startswith(CLAIM)} == {
        "ctx": "Cust12345",
        "associateid": str(tenant.associate("administrator").associate_id),
        "is_administrator": "True",
        "serial": tenant.serial,
        "company_name": "Eksempel A/S",
        "email": "anja@cust12345.example.com",
        "upn": "anja@cust12345.example.com",
        "initials": "AN",
        "so_primary_email_address": "anja@cust12345.example.com",
        "identityprovider": "superid",
        "netserver_url": f"{client.url}/Cust12345/Remote/Services88/",
        "webapi_url": f"{client.url}/Cust12345/api/",
        "system_token": leave.system_user_token,
    }


def test_an_access_token_is_good_as_a_ticket_for_an_hour(client: RunningSandbox, tenant: Tenant) -> None:
    token = redeem(client, code=code_of(client, tenant)).json()["access_token"]
    now = client.world.clock.now()

    assert token.startswith("8A:Cust12345.")
    found = client.world.tickets.use(token, "Cust12345", now)
    assert found is not None
    assert found.associate_id == tenant.associate("administrator").associate_id
    assert client.world.tickets.use(token, "Cust54321", now) is None
    requests.post(client.url + "/_sandbox/clock", json={"advance": "1h"}, timeout=5)
    assert client.world.tickets.use(token, "Cust12345", client.world.clock.now()) is None


def test_two_tenants_sign_in_side_by_side(client: RunningSandbox) -> None:
    for name in ("Cust12345", "Cust54321"):
        tenant = client.world.tenants[name]
        for context, changes in ((name.lower(), {}), ("common", {"acr_values": f"tenant:{name}"})):
            page = authorize(client, context, **changes)
            other = "Cust54321" if name == "Cust12345" else "Cust12345"
            assert name in page.text
            assert other not in page.text
            code = answer_of(decide(client, page, who(tenant)))["code"]
            claims = claims_of(client, redeem(client, code=code).json()["id_token"])
            assert claims[CLAIM + "ctx"] == name
            leave = tenant.tables.authorizations[client.credentials.client_id]
            assert claims[CLAIM + "system_token"] == leave.system_user_token


def test_nobody_of_another_tenant_is_chosen_for_one(client: RunningSandbox, tenant: Tenant) -> None:
    page = authorize(client, "Cust54321")

    assert answer_of(decide(client, page, who(tenant)))["error"] == "access_denied"


def test_a_plain_user_signs_in_where_the_app_was_let_in(client: RunningSandbox, tenant: Tenant) -> None:
    claims = claims_of(client, redeem(client, code=code_of(client, tenant, "user")).json()["id_token"])
    assert claims[CLAIM + "is_administrator"] == "False"

    requests.post(client.url + "/_sandbox/tenants/Cust12345", json={"authorization": "Revoked"}, timeout=5)
    refused = answer_of(decide(client, authorize(client), who(tenant, "user")))
    assert refused["error"] == "access_denied"
    assert "administrator" in refused["error_description"]


def test_an_approval_after_a_revocation_brings_another_system_user_token(
    client: RunningSandbox, tenant: Tenant
) -> None:
    def token() -> Any:
        claims = claims_of(client, redeem(client, code=code_of(client, tenant)).json()["id_token"])
        return claims[CLAIM + "system_token"]

    first = token()
    assert token() == first
    for state, changes in (("NeedsReapproval", False), ("Expired", False), ("Revoked", True)):
        path = "/_sandbox/tenants/Cust12345"
        requests.post(client.url + path, json={"authorization": state}, timeout=5)
        assert (token() != first) is changes, state


def test_deny_is_told_to_the_client(client: RunningSandbox, tenant: Tenant) -> None:
    page = authorize(client)

    assert answer_of(decide(client, page, who(tenant), "deny")) == {
        "error": "access_denied",
        "error_description": "the user did not approve",
        "state": "st&te",
    }
    again = decide(client, page, who(tenant))
    assert again.status_code == 400
    assert "answered already" in again.text


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_the_client_chooses_how_it_is_answered(client: RunningSandbox, tenant: Tenant, mode: str) -> None:
    answer = decide(client, authorize(client, response_mode=mode), who(tenant))

    assert set(answer_of(answer)) == {"code", "state"}
    if mode == "form_post":
        assert f'action="{CALLBACK}"' in answer.text
        assert "/login/pages/post.js" in answer.text
        script = requests.get(f"{client.url}/login/pages/post.js", timeout=5)
        assert "submit()" in script.text
    else:
        assert ("#code=" in answer.headers["Location"]) is (mode == "fragment")


def test_a_hint_chooses_who_comes_first(client: RunningSandbox) -> None:
    page = authorize(client, login_hint="Sona@Cust54321.example.com").text
    first = re.search(r'value="([^"]+)" checked', page)

    assert first is not None
    assert first[1] == who(client.world.tenants["Cust54321"], "user")


@pytest.mark.parametrize(
    ("answer", "role", "error", "is_one"),
    [
        ("approve", "administrator", None, "True"),
        ("approve", "user", None, "False"),
        ("deny", "administrator", "access_denied", None),
    ],
)
def test_unattended_nobody_is_asked(
    client: RunningSandbox, answer: str, role: str, error: str | None, is_one: str | None
) -> None:
    told = tell(client, answer=answer, who=role, tenant="Cust54321")
    assert (told["answer"], told["who"], told["tenant"]) == (answer, role, "Cust54321")
    got = answer_of(authorize(client))

    assert got.get("error") == error
    if error is None:
        claims = claims_of(client, redeem(client, code=got["code"]).json()["id_token"])
        assert (claims[CLAIM + "ctx"], claims[CLAIM + "is_administrator"]) == ("Cust54321", is_one)
    assert tell(client, answer="ask")["answer"] == "ask"
    assert authorize(client).status_code == 200


def test_unattended_the_request_chooses_the_tenant(client: RunningSandbox) -> None:
    tell(client, answer="approve", tenant="Cust54321")
    code = answer_of(authorize(client, "Cust12345"))["code"]

    claims = claims_of(client, redeem(client, code=code).json()["id_token"])
    assert claims[CLAIM + "ctx"] == "Cust12345"


def test_unattended_somebody_must_be_there(client: RunningSandbox, tenant: Tenant) -> None:
    tell(client, answer="approve")
    del tenant.tables.associates[tenant.associate("administrator").associate_id]

    assert answer_of(authorize(client, "Cust12345"))["error"] == "access_denied"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": "unknown"}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"redirect_uri": CALLBACK + "/"}, "InvalidRedirectUrl (2)"),
        ({"redirect_uri": CALLBACK.upper()}, "InvalidRedirectUrl (2)"),
        ({"redirect_uri": "https://evil.example.com/callback"}, "InvalidRedirectUrl (2)"),
        ({"redirect_uri": None}, "InvalidRedirectUrl (2)"),
        ({"response_mode": "web_message"}, "response_mode"),
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    client: RunningSandbox, changes: dict[str, Any], reason: str
) -> None:
    answer = authorize(client, **changes)

    assert answer.status_code == 400
    assert reason in answer.text


@pytest.mark.parametrize(
    ("context", "changes", "error"),
    [
        ("common", {"response_type": "id_token"}, "unsupported_response_type"),
        ("common", {"response_type": None}, "unsupported_response_type"),
        ("common", {"scope": "profile"}, "invalid_scope"),
        ("common", {"code_challenge_method": "S512"}, "invalid_request"),
        ("common", {"acr_values": "tenant:Cust1"}, "invalid_request"),
        ("Cust1", {}, "invalid_request"),
    ],
)
def test_the_client_is_told_what_is_wrong(
    client: RunningSandbox, context: str, changes: dict[str, Any], error: str
) -> None:
    answer = answer_of(authorize(client, context, **changes))

    assert (answer["error"], answer["state"]) == (error, "st&te")


@pytest.mark.parametrize("how", ["params", "data", "files"])
def test_a_code_is_redeemed_by_query_form_or_multipart(
    client: RunningSandbox, tenant: Tenant, how: str
) -> None:
    assert "id_token" in redeem(client, how, code=code_of(client, tenant)).json()


def test_a_client_may_name_itself_by_basic(client: RunningSandbox, tenant: Tenant) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": code_of(client, tenant),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    pair = (client.credentials.client_id, client.credentials.application_token)
    answer = requests.post(f"{client.url}/login/Cust12345/oauth/tokens", data=form, auth=pair, timeout=5)

    assert answer.status_code == 200
    for header in ("Basic !", "Basic /w==", "Bearer x"):
        refused = requests.post(
            f"{client.url}/login/common/oauth/tokens", headers={"Authorization": header}, timeout=5
        )
        assert refused.status_code == 401


def test_a_code_is_good_once(client: RunningSandbox, tenant: Tenant) -> None:
    code = code_of(client, tenant)
    assert redeem(client, code=code).status_code == 200

    second = redeem(client, code=code)
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")


def test_a_code_lives_ten_minutes(client: RunningSandbox, tenant: Tenant) -> None:
    young, old = code_of(client, tenant), code_of(client, tenant)
    requests.post(client.url + "/_sandbox/clock", json={"advance": "9m"}, timeout=5)
    assert redeem(client, code=young).status_code == 200
    requests.post(client.url + "/_sandbox/clock", json={"advance": "1m"}, timeout=5)

    assert redeem(client, code=old).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("asked_with", "changes", "error"),
    [
        ({}, {"code_verifier": "w" * 43}, "invalid_grant"),
        ({}, {"code_verifier": None}, "invalid_grant"),
        ({}, {"redirect_uri": "https://app.example.com/other"}, "invalid_grant"),
        ({}, {"redirect_uri": None}, "invalid_grant"),
        ({}, {"client_secret": "wrong"}, "invalid_client"),
        ({}, {"client_secret": None}, "invalid_client"),
        ({}, {"client_id": "unknown"}, "invalid_client"),
        ({}, {"code": "unknown"}, "invalid_grant"),
        ({}, {"grant_type": "password"}, "unsupported_grant_type"),
        ({"code_challenge": None}, {}, "invalid_grant"),
    ],
)
def test_a_code_is_for_who_began(
    client: RunningSandbox,
    tenant: Tenant,
    asked_with: dict[str, Any],
    changes: dict[str, Any],
    error: str,
) -> None:
    given = {"code": code_of(client, tenant, **asked_with), **changes}
    answer = redeem(client, **given)

    assert answer.json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)


def test_the_challenge_may_be_plain_or_left_out(client: RunningSandbox, tenant: Tenant) -> None:
    plain = code_of(client, tenant, code_challenge=VERIFIER, code_challenge_method=None)
    assert redeem(client, code=plain).status_code == 200
    none = code_of(client, tenant, code_challenge=None)

    assert redeem(client, code=none, code_verifier=None).status_code == 200


def test_a_refresh_token_lives_as_long_as_the_leave(client: RunningSandbox, tenant: Tenant) -> None:
    refresh = redeem(client, code=code_of(client, tenant)).json()["refresh_token"]
    for _ in range(2):
        again = redeem(client, grant_type="refresh_token", refresh_token=refresh).json()
        assert set(again) == {"token_type", "access_token", "expires_in", "id_token"}
    unknown = redeem(client, grant_type="refresh_token", refresh_token="other")
    assert unknown.json()["error"] == "invalid_grant"
    requests.post(client.url + "/_sandbox/tenants/Cust12345", json={"authorization": "Revoked"}, timeout=5)

    gone = redeem(client, grant_type="refresh_token", refresh_token=refresh)
    assert (gone.status_code, gone.json()["error"]) == (400, "invalid_grant")


def test_what_was_granted_ends_with_a_reset(client: RunningSandbox, tenant: Tenant) -> None:
    code, page = code_of(client, tenant), authorize(client)
    client.sandbox.reset()

    assert redeem(client, code=code).json()["error"] == "invalid_grant"
    assert decide(client, page, who(tenant)).status_code == 400


def test_only_so_many_pages_wait_for_an_answer(client: RunningSandbox) -> None:
    for number in range(1000):
        client.sandbox.login.waiting[str(number)] = None  # type: ignore[assignment]  # never answered
    authorize(client)

    assert len(client.sandbox.login.waiting) == 1000


def test_further_clients_are_seeded(client: RunningSandbox, tenant: Tenant) -> None:
    other = {
        "client_id": "other",
        "application_token": "secret",
        "redirect_uris": ["https://b.example.com/in"],
    }
    made = requests.post(f"{client.url}/_sandbox/applications", json=other, timeout=5).json()
    assert (made["name"], made["answer"]) == ("other", "ask")
    known = requests.get(f"{client.url}/_sandbox/applications", timeout=5).json()["applications"]
    assert [one["client_id"] for one in known] == [client.credentials.client_id, "other"]
    page = authorize(client, client_id="other", redirect_uri="https://b.example.com/in")
    back = decide(client, page, who(tenant)).headers["Location"]
    assert back.startswith("https://b.example.com/in?code=")
    code = parse_qs(urlsplit(back).query)["code"][0]

    stolen = redeem(client, code=code, redirect_uri="https://b.example.com/in")
    assert stolen.json()["error"] == "invalid_grant"
    assert "other" in tenant.tables.authorizations


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("/sign-in", {"answer": "aprove"}, "did you mean approve"),
        ("/sign-in", {"who": "root"}, "no who 'root'"),
        ("/sign-in", {"client_id": "x"}, "no application 'x'"),
        ("/sign-in", {"answer": "approve", "tenant": "Cust1"}, "no tenant 'Cust1'"),
        ("/sign-in", {"redirect_uris": "x"}, "no list of texts"),
        ("/sign-in", {"redirect_uris": [1]}, "no list of texts"),
        ("/applications", {"client_id": "x"}, "application_token"),
    ],
)
def test_wrong_words_are_refused(running: RunningSandbox, path: str, content: Any, said: str) -> None:
    answer = requests.post(f"{running.url}/_sandbox{path}", json=content, timeout=5)

    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_an_unknown_file_is_not_there(running: RunningSandbox) -> None:
    assert requests.get(f"{running.url}/login/pages/approval.html", timeout=5).status_code == 404
    assert requests.get(f"{running.url}/login/pages/login.css", timeout=5).status_code == 200


def test_signing_in_works_below_a_prefix_and_under_another_issuer() -> None:
    with run(Options(prefix="/crm", issuer="https://login.example.com")) as running:
        tell(running, redirect_uris=[CALLBACK])
        page = authorize(running)
        assert 'action="/crm/login/approve"' in page.text
        assert 'href="/crm/login/pages/login.css"' in page.text
        tenant = running.world.tenants["Cust12345"]
        code = answer_of(decide(running, page, who(tenant)))["code"]
        token = redeem(running, code=code).json()["id_token"]

        assert jwt.decode(token, options={"verify_signature": False})["iss"] == "https://login.example.com"
