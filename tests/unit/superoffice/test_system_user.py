"""Our ticket: what we sign, what we accept, and what a refusal means."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from so_privacy_ext.errors import Applied, CrmFailure, Fault, Park, Retry
from so_privacy_ext.superoffice.connection import TenantConnection
from so_privacy_ext.superoffice.signed_tokens import CLAIM
from so_privacy_ext.superoffice.system_user import sign
from tests.unit.superoffice.loopback import SERIAL, SYSTEM_USER_TOKEN, Canned, Loopback

PSU = "PartnerSystemUser"


def fails(connection: TenantConnection) -> Any:
    with pytest.raises(CrmFailure) as caught:
        connection.authenticate()
    assert caught.value.applied is Applied.NO
    assert "CANARY" not in str(caught.value)
    return caught.value


def test_the_signature_is_the_vendors(rsa_key: RSAPrivateKey) -> None:
    signed = sign("Example App-a.b c", rsa_key, datetime(2026, 11, 20, 9, 5, 59, tzinfo=UTC))
    data, _, signature = signed.rpartition(".")

    assert data == "Example App-a.b c.202611200905"
    rsa_key.public_key().verify(
        base64.b64decode(signature, validate=True), data.encode(), padding.PKCS1v15(), hashes.SHA256()
    )


def test_a_ticket_is_got(connection: TenantConnection, loopback: Loopback) -> None:
    user = connection.authenticate()

    assert (user.ticket, user.serial, user.associate_id) == ("7T:ticket1", SERIAL, 27)
    assert "7T" not in repr(user)
    sent = json.loads(loopback.bodies(PSU)[0])
    assert sent["ApplicationToken"] == "client-secret"
    assert sent["ContextIdentifier"] == "Cust12345"
    assert sent["ReturnTokenType"] == "JWT"
    assert sent["SignedSystemToken"].startswith(SYSTEM_USER_TOKEN + ".")


def test_the_application_shows_no_secret(connection: TenantConnection) -> None:
    assert "secret" not in repr(connection.application)


@pytest.mark.parametrize(
    ("message", "kind", "fault"),
    [
        ("Revoked", Park, Fault.AUTHORIZATION_LOST),
        ("CANARY: Expired (3)", Park, Fault.AUTHORIZATION_LOST),
        ("denied", Park, Fault.AUTHORIZATION_LOST),
        ("Needs Reapproval", Park, Fault.AUTHORIZATION_LOST),
        ("InvalidTimestamp (6): CANARY", Park, Fault.CLOCK_SKEW),
        ("invalid_signature", Park, Fault.APP_KEY),
        ("CANARY", Retry, Fault.UNKNOWN),
        ("", Retry, Fault.UNKNOWN),
    ],
)
def test_a_refusal_is_recognised(
    message: Any, kind: Any, fault: Any, connection: TenantConnection, loopback: Loopback
) -> None:
    loopback.refuse(message)

    failure = fails(connection)

    assert (type(failure), failure.fault) == (kind, fault)
    assert failure.wait is not None
    assert failure.wait >= 60


@pytest.mark.row("B53")
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Token": "x"},
        {"IsSuccessful": "true", "Token": "x"},
        {"IsSuccessful": 1, "Token": "x"},
        {"IsSuccessful": False, "Token": "x"},
    ],
)
def test_only_a_plain_success_is_one(answer: Any, connection: TenantConnection, loopback: Loopback) -> None:
    loopback.standing[PSU] = loopback.json(answer)

    assert fails(connection).fault is Fault.UNKNOWN


@pytest.mark.row("B53")
@pytest.mark.parametrize(
    "content",
    [b"", b"<html/>", b"[]", b'{"IsSuccessful": true}', b'{"IsSuccessful": true, "Token": 7}',
     b'{"IsSuccessful": true, "Token": "' + b"x" * 20_000 + b'"}',
     b'{"IsSuccessful": false, "IsSuccessful": true, "Token": "x"}',
     b'{"IsSuccessful": true, "Token": "<saml:x/>"}',
     b'{"IsSuccessful": true, "Token": "a.b.c"}', b"\xff", b"[" * 50_000, b'{"IsSuccessful": NaN}'],
)  # fmt: skip
def test_another_answer_is_a_protocol_fault(
    content: Any, connection: TenantConnection, loopback: Loopback
) -> None:
    loopback.standing[PSU] = Canned(content, media_type="application/json")

    failure = fails(connection)
    assert (type(failure), failure.fault) == (Retry, Fault.PROTOCOL)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Canned(status=503, headers={"Retry-After": "30"}), Fault.THROTTLED),
        (Canned(status=500), Fault.TRANSIENT),
        (lambda handler: handler.raw(b""), Fault.TRANSPORT),
    ],
)
def test_a_service_that_is_down_is_asked_later(
    reply: Any, fault: Any, connection: TenantConnection, loopback: Loopback
) -> None:
    loopback.standing[PSU] = reply

    failure = fails(connection)
    assert (type(failure), failure.fault) == (Retry, fault)


def admits(connection: TenantConnection, loopback: Loopback, token: Any) -> Any:
    loopback.standing[PSU] = loopback.json(loopback.admission(token))
    try:
        connection.authenticate()
    except CrmFailure as failure:
        return failure.fault is not Fault.PROTOCOL
    return True


@pytest.mark.row("B53")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "superoffice as"},
        {"iss": "SuperOffice AS "},
        {"iss": ["SuperOffice AS"]},
        {"iss": None},
        {"aud": "spn:999"},
        {"aud": [f"spn:{SERIAL}"]},
        {"aud": SERIAL},
        {f"{CLAIM}serial": "999"},
        {f"{CLAIM}serial": ""},
        {f"{CLAIM}serial": 1234567890},
        {f"{CLAIM}ticket": ""},
        {f"{CLAIM}ticket": None},
        {f"{CLAIM}ctx": "Cust1"},
        {f"{CLAIM}ctx": "cust12345"},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": 1},
        {"nbf": 9_999_999_999},
        {"nbf": None},
        {"exp": 9_999_999_999},
        {"iat": "soon"},
        {"iat": 9_999_999_999},
        {"iat": 1.5},
    ],
)
def test_claims_are_exact(changes: Any, connection: TenantConnection, loopback: Loopback) -> None:
    assert not admits(connection, loopback, loopback.token(loopback.claims(**changes)))


@pytest.mark.row("B53")
@pytest.mark.parametrize("missing", ["iss", "aud", "exp", "nbf", f"{CLAIM}serial", f"{CLAIM}ticket"])
def test_claims_are_all_there(missing: Any, connection: TenantConnection, loopback: Loopback) -> None:
    claims = loopback.claims()
    del claims[missing]

    assert not admits(connection, loopback, loopback.token(claims))


@pytest.mark.parametrize("surplus", ["iat", f"{CLAIM}ctx", f"{CLAIM}associateid"])
def test_claims_that_may_be_absent(surplus: Any, connection: TenantConnection, loopback: Loopback) -> None:
    claims = loopback.claims()
    del claims[surplus]

    assert admits(connection, loopback, loopback.token(claims))


@pytest.mark.parametrize("changes", [{"iat": 1_000_000_000}, {f"{CLAIM}associateid": "x"}])
def test_claims_that_may_be_odd(changes: Any, connection: TenantConnection, loopback: Loopback) -> None:
    assert admits(connection, loopback, loopback.token(loopback.claims(**changes)))


@pytest.mark.row("B53")
def test_other_algorithms_and_keys_are_refused(
    connection: TenantConnection, loopback: Loopback, rsa_key: RSAPrivateKey
) -> None:
    claims, other = loopback.claims(), rsa.generate_private_key(65537, 2048)
    x5t = {"x5t": loopback.thumbprint}
    tokens = [
        jwt.encode(claims, "secret" * 8, algorithm="HS256", headers=x5t),
        jwt.encode(claims, "", algorithm="none", headers=x5t),
        jwt.encode(claims, rsa_key, algorithm="RS512", headers=x5t),
        jwt.encode(claims, rsa_key, algorithm="PS256", headers=x5t),
        jwt.encode(claims, other, algorithm="RS256", headers=x5t),
        jwt.encode(claims, rsa_key, algorithm="RS256"),
        jwt.encode(claims, rsa_key, algorithm="RS256", headers={"x5t": ["a"]}),
        jwt.encode(claims, rsa_key, algorithm="RS256", headers={"x5t": "unknown"}),
        loopback.token(claims) + "x",
        loopback.token(claims).rpartition(".")[0] + ".",
        loopback.token(claims, crit=["bork"], bork=1),
    ]

    assert [admits(connection, loopback, token) for token in tokens] == [False] * len(tokens)


def test_claims_twice_are_refused(
    connection: TenantConnection, loopback: Loopback, rsa_key: RSAPrivateKey
) -> None:
    payload = json.dumps(loopback.claims())[:-1].encode() + b', "iss": "SuperOffice AS"}'
    token = jwt.PyJWS().encode(payload, rsa_key, algorithm="RS256", headers={"x5t": loopback.thumbprint})

    assert not admits(connection, loopback, token)


def test_our_own_clock_judges(connection: TenantConnection, loopback: Loopback) -> None:
    token = loopback.token()
    loopback.clock.offset = timedelta(minutes=5, seconds=30)
    assert admits(connection, loopback, token)
    loopback.clock.offset = timedelta(minutes=7)

    assert not admits(connection, loopback, token)


JWKS = "Login.Jwks"


def test_keys_are_fetched_once(connection: TenantConnection, loopback: Loopback) -> None:
    for _ in range(3):
        connection.authenticate()

    assert loopback.count(JWKS) == 1


@pytest.fixture
def timed(loopback: Loopback) -> Any:
    elapsed = [0.0]
    opened = loopback.connect(elapsed=lambda: elapsed[0])
    yield opened, elapsed
    opened.close()


def test_an_unknown_thumbprint_has_keys_fetched_at_most_every_five_minutes(
    timed: Any, loopback: Loopback
) -> None:
    connection, elapsed = timed
    foreign = loopback.token(x5t="other")
    for _ in range(5):
        assert not admits(connection, loopback, foreign)
    assert loopback.count(JWKS) == 1
    elapsed[0] = 301.0
    loopback.standing[JWKS] = loopback.json({"keys": [loopback.key_entry(x5t="other")]})

    assert admits(connection, loopback, foreign)
    assert loopback.count(JWKS) == 2


def test_keys_are_good_for_a_day_and_no_longer(timed: Any, loopback: Loopback) -> None:
    connection, elapsed = timed
    assert admits(connection, loopback, None)
    loopback.standing[JWKS] = Canned(status=503)
    elapsed[0] = 86_000.0
    assert admits(connection, loopback, None)
    elapsed[0] = 86_401.0

    assert fails(connection).fault is Fault.TRANSIENT
    # A key set that was good once is asked for again only after five minutes.
    assert fails(connection).fault is Fault.PROTOCOL


def test_a_key_set_that_was_never_got_is_asked_for_at_once(
    connection: TenantConnection, loopback: Loopback
) -> None:
    loopback.script(JWKS, Canned(status=503))

    assert fails(connection).fault is Fault.TRANSIENT
    assert connection.authenticate().ticket


@pytest.mark.parametrize(
    "content",
    [b"", b"<html/>", b"{}", b'{"keys": 7}', b'{"keys": [7]}', b'{"keys": [{"kty": "RSA", "x5t": "a"}]}',
     b'{"keys": [{"kty": "RSA", "x5t": "a", "n": "!", "e": "!"}]}',
     b'{"keys": [{"kty": "EC", "x5t": "a"}, {"kty": "EC", "x5t": "a"}]}', b"[" + b" " * 300_000 + b"]"],
)  # fmt: skip
def test_what_is_no_key_set_is_a_protocol_fault(
    content: Any, connection: TenantConnection, loopback: Loopback
) -> None:
    loopback.standing[JWKS] = Canned(content, media_type="application/json")

    assert fails(connection).fault is Fault.PROTOCOL


@pytest.mark.parametrize("changes", [{"kty": "EC"}, {"use": "enc"}, {"alg": "RS512"}, {"x5t": None}])
def test_a_key_for_another_use_signs_nothing(
    changes: Any, connection: TenantConnection, loopback: Loopback
) -> None:
    loopback.standing[JWKS] = loopback.json({"keys": [loopback.key_entry(**changes)]})

    assert fails(connection).fault is Fault.PROTOCOL


def test_a_short_key_signs_nothing(connection: TenantConnection, loopback: Loopback) -> None:
    short = rsa.generate_private_key(65537, 1024)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(short.public_key(), as_dict=True)
    loopback.standing[JWKS] = loopback.json({"keys": [loopback.key_entry(n=public["n"])]})

    assert fails(connection).fault is Fault.PROTOCOL


@pytest.mark.row("F44")
@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("Sat, 01 Jan 2000 00:00:00 GMT", "s ahead"),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "s behind"),
        ("soon", "no date"),
        ("", "no date"),
    ],
)
def test_a_refused_time_says_how_far_our_clock_is_off(
    date: str, said: str, connection: TenantConnection, loopback: Loopback
) -> None:
    refused = loopback.json({"IsSuccessful": False, "Token": None, "ErrorMessage": "InvalidTimestamp"})
    refused.headers = {"Date": date}
    loopback.script("PartnerSystemUser", refused)
    with pytest.raises(CrmFailure) as caught:
        connection.authenticate()
    assert caught.value.fault is Fault.CLOCK_SKEW
    assert said in caught.value.detail
