"""State-change notifications: who may bring them, and how little they can do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests

from so_sandbox import news
from so_sandbox.login.keys import make_signing_key
from so_sandbox.login.tokens import CLAIM, PARTNER_ISSUER
from tests.unit.life.scene import FIRST, SECOND, Scene

OTHER_KEY = make_signing_key("Somebody Else")


def body(scene: Scene, **changed: Any) -> dict[str, Any]:
    return {**news.notification(scene.sandbox.sandbox, scene.crm(), "Suspend"), **changed}


def post(scene: Scene, content: Any, environment: str = "sandbox") -> requests.Response:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return requests.post(
        f"{scene.url}/state-changes/{environment}",
        data=data,
        headers={"Content-Type": "application/json"},
        timeout=10,
    )


def token(
    scene: Scene,
    *,
    key: Any = None,
    algorithm: str = "RS256",
    x5t: Any = None,
    ctx: Any = FIRST,
    **claims: Any,
) -> str:
    now = datetime.now(UTC)
    signer = key or scene.sandbox.sandbox.login.keys[0]
    content = {
        "iss": scene.sandbox.sandbox.site.issuer,
        "nbf": int((now - timedelta(minutes=1)).timestamp()),
        "exp": int((now + timedelta(minutes=5)).timestamp()),
        f"{CLAIM}ctx": ctx,
        **claims,
    }
    content = {name: value for name, value in content.items() if value is not None}
    secret: Any = {"HS256": "x" * 64, "none": None}.get(algorithm, signer.private_pem)
    headers = {"x5t": x5t or scene.sandbox.sandbox.login.keys[0].thumbprint}
    return jwt.encode(content, secret, algorithm=algorithm, headers=headers)


@pytest.mark.row("B63")
@pytest.mark.parametrize("issuer", ["environment", "partner"])
@pytest.mark.parametrize("change", list(news.TYPES))
def test_a_genuine_one_has_the_tenants_state_asked_for(scene: Scene, change: str, issuer: str) -> None:
    scene.rest()
    scene.sandbox.world.switches.news_issuer = issuer
    asked, calls = scene.login_calls("Get"), scene.soap_calls()
    (told,) = scene.control(f"/tenants/{FIRST}/news", change=change)["told"]
    assert told["status"] == 200

    assert scene.step() == [FIRST]
    scene.rest()
    assert scene.login_calls("Get") == asked + 1
    assert change == "BackupRestored" or scene.soap_calls() == calls


@pytest.mark.row("B63")
def test_many_of_them_have_it_asked_for_once_a_minute(scene: Scene) -> None:
    scene.rest()
    asked = scene.login_calls("Get")
    for _ in range(5):
        scene.control(f"/tenants/{FIRST}/news", change="Resume")
        scene.rest()
    assert scene.login_calls("Get") == asked + 1

    scene.advance(seconds=61)
    scene.rest()
    assert scene.login_calls("Get") == asked + 2


@pytest.mark.row("B63")
def test_a_tenant_that_waits_for_its_state_is_woken(scene: Scene) -> None:
    scene.enter(email="anna@example.com")
    scene.control(f"/tenants/{FIRST}/states", states=["Suspended"])
    scene.advance(clock=True, seconds=61)
    scene.rest()
    assert scene.parked() == "tenant_state"
    scene.control(f"/tenants/{FIRST}/states", states=["Running"])
    scene.control(f"/tenants/{FIRST}/news", change="Resume")
    scene.rest()

    assert (scene.mails(), scene.parked()) == (["anna@example.com"], None)


@pytest.mark.row("B63")
def test_a_tenant_that_took_its_leave_back_is_not(scene: Scene) -> None:
    scene.rest()
    scene.control(f"/tenants/{FIRST}", authorization="Revoked")
    scene.enter(email="anna@example.com")
    scene.rest()
    signed_in = scene.login_calls("Authenticate")
    scene.control(f"/tenants/{FIRST}/news", change="Resume")

    assert scene.step() == []
    assert scene.login_calls("Authenticate") == signed_in


@pytest.mark.row("B63")
def test_whoever_can_not_prove_it_is_refused_in_the_same_bytes(scene: Scene) -> None:
    other = make_signing_key("Another")
    late = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    early = int((datetime.now(UTC) + timedelta(minutes=30)).timestamp())
    user = {f"{CLAIM}is_administrator": "True"}
    no_tokens: list[Any] = [None, "", 7, [], {}, "a.b.c", "x" * 20_000]
    refused = [
        b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe{}", b"{}", b'{"Token":"a","Token":"b"}', b"[" * 5000,
        *(body(scene, Token=one) for one in no_tokens),
        body(scene, Token=body(scene)["Token"][:-4] + "AAAA"),
        *(
            body(scene, Token=one)
            for one in (
                token(scene, algorithm="none"),
                token(scene, algorithm="HS256"),
                token(scene, algorithm="RS512"),
                token(scene, key=OTHER_KEY),
                token(scene, key=OTHER_KEY, x5t=OTHER_KEY.thumbprint),
                token(scene, key=other, x5t="unknown"),
                token(scene, iss="https://online.superoffice.com"),
                token(scene, iss="https://sod.superoffice.com"),
                token(scene, iss=scene.sandbox.url + "/"),
                token(scene, iss=PARTNER_ISSUER.upper()),
                token(scene, iss=None),
                token(scene, exp=late),
                token(scene, exp=None),
                token(scene, exp="9999999999"),
                token(scene, nbf=early),
                token(scene, nbf=None),
                token(scene, iat=early),
                token(scene, nbf=1, exp=9_999_999_999),
                token(scene, ctx=SECOND),
                token(scene, ctx=None),
                token(scene, ctx=7),
                token(scene, nonce="n", **user),
                token(scene, **user),
                token(scene, iss=PARTNER_ISSUER, **{f"{CLAIM}ticket": "7T:x"}),
            )
        ),
        body(scene, ContextIdentifier=SECOND),
        body(scene, ContextIdentifier=None),
        body(scene, ContextIdentifier=[FIRST]),
    ]  # fmt: skip
    answers = [post(scene, one) for one in refused]

    assert {(one.status_code, one.content) for one in answers} == {
        (401, b'{"error":"unauthorized","request_id":"-"}')
    }
    scene.rest()
    asked = scene.login_calls("Get")
    assert scene.step() == []
    assert scene.login_calls("Get") == asked


@pytest.mark.row("B64")
@pytest.mark.parametrize("change", [6, "4", -1, 4.0, None, True, [], 10**30])
def test_a_type_that_nobody_knows_is_ignored(scene: Scene, change: Any) -> None:
    scene.rest()
    assert post(scene, body(scene, ChangeType=change)).status_code == 200
    assert scene.step() == []
    assert post(scene, body(scene, ChangeType=change, Token="forged")).status_code == 401


@pytest.mark.row("B64")
def test_a_tenant_that_we_do_not_know_is_ignored(scene: Scene) -> None:
    scene.rest()
    stranger = token(scene, ctx="Cust777")
    assert post(scene, body(scene, ContextIdentifier="Cust777", Token=stranger)).status_code == 200
    assert post(scene, body(scene, ContextIdentifier=FIRST.lower())).status_code == 200
    assert scene.step() == []


@pytest.mark.row("B65")
@pytest.mark.parametrize(
    "endpoint",
    [
        "evil.com",
        "sod3.superoffice.com.evil.com",
        "sod3.superoffice.com@evil",
        "127.0.0.1",
        "[::1]",
        "[::ffff:169.254.169.254]",
        "super\N{CYRILLIC SMALL LETTER O}ffice.com",
        "http://evil.com:8080/x\r\nHost: evil",
        "sod3.superoffice.com.",
        "x" * 2048,
        7,
    ],
)
def test_the_endpoint_that_it_names_is_never_called(scene: Scene, endpoint: Any) -> None:
    scene.enter(email="anna@example.com")
    assert post(scene, body(scene, ChangeType=5, PublicEndpoint=endpoint)).status_code == 200
    scene.rest()

    assert scene.connection().endpoint() == f"{scene.sandbox.url}/{FIRST}"
    assert scene.mails() == ["anna@example.com"]


def test_one_that_is_too_large_is_cut_off(scene: Scene) -> None:
    assert post(scene, body(scene, VersionName="x" * 40_000)).status_code == 413


def test_another_method_or_an_environment_that_is_none_is_not_found(scene: Scene) -> None:
    assert post(scene, body(scene), environment="nowhere").status_code == 404
    assert requests.get(f"{scene.url}/state-changes/sandbox", timeout=10).status_code == 405


@pytest.mark.row("B63")
def test_a_token_of_another_environment_is_not_believed(scene: Scene) -> None:
    """The vendor's keys can't be had from here, and without them nothing is believed."""
    scene.app.crms._keys["sod"] = scene.app.crms.signing_keys(scene.app.crms.environment("sandbox"))
    assert post(scene, body(scene), environment="sod").status_code == 401


def test_while_the_keys_can_not_be_had_it_is_asked_for_again(scene: Scene) -> None:
    scene.control("/faults", kind="http_503", operation="Login.Jwks", times=0)
    assert post(scene, body(scene)).status_code == 503
    scene.sandbox.world.faults.clear()
    assert post(scene, body(scene)).status_code == 200


def test_while_the_database_is_away_it_is_asked_for_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene.app, "dsn", scene.dsn.replace("host=/", "host=/nowhere/"))
    assert post(scene, body(scene)).status_code == 503


def test_who_floods_is_told_to_slow_down(scene: Scene) -> None:
    with requests.Session() as session:

        def refused() -> int:
            return session.post(f"{scene.url}/state-changes/sandbox", data=b"{}", timeout=10).status_code

        assert next(one for one in (refused() for _ in range(3000)) if one != 401) == 429
    assert post(scene, body(scene)).status_code == 200
