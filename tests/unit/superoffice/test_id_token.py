"""Whom an id_token is believed for: nobody but who just signed in, at our login service, for us."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.superoffice.id_token import Identity, identify
from so_privacy_ext.superoffice.signed_tokens import CLAIM, NoTokenError, TokenError
from so_privacy_ext.superoffice.signing_keys import SigningKeys
from so_privacy_ext.superoffice.system_user import ISSUER
from so_privacy_ext.superoffice.wire import Wire
from tests.unit.superoffice.loopback import SERIAL, Canned, Loopback

CLIENT, NONCE, SYSTEM_TOKEN = "client-of-ours", "nonce-of-this-browser", "Example App-a.b c"
JWKS = "Login.Jwks"
HUGE = 10_000_000
OTHER = rsa.generate_private_key(65537, 2048)


@pytest.fixture
def elapsed() -> list[float]:
    return [0.0]


@pytest.fixture
def keys(loopback: Loopback, elapsed: list[float]) -> Iterator[SigningKeys]:
    wire = Wire(private_addresses_allowed=True)
    yield SigningKeys(loopback.environment, wire, lambda: elapsed[0])
    wire.close()


def claims(loopback: Loopback, **changes: Any) -> dict[str, Any]:
    now = int(loopback.clock.now().timestamp())
    return {
        "iss": loopback.url,
        "aud": CLIENT,
        "sub": "admin@example.com",
        "iat": str(now),
        "nbf": now - 60,
        "exp": now + 300,
        "nonce": NONCE,
        f"{CLAIM}ctx": "Cust12345",
        f"{CLAIM}associateid": "7",
        f"{CLAIM}is_administrator": "True",
        f"{CLAIM}system_token": SYSTEM_TOKEN,
        f"{CLAIM}serial": SERIAL,
    } | {name.replace("so_", CLAIM, 1): value for name, value in changes.items()}


def without(loopback: Loopback, name: str) -> dict[str, Any]:
    found = claims(loopback)
    del found[name]
    return found


def believed(loopback: Loopback, keys: SigningKeys, token: object, **asked: Any) -> Identity:
    exact: dict[str, Any] = {"issuer": loopback.url, "client_id": CLIENT, "nonce": NONCE}
    return identify(token, keys, **(exact | {"now": loopback.clock.now()} | asked))


def good(loopback: Loopback, keys: SigningKeys, token: object, **asked: Any) -> bool:
    return believed(loopback, keys, token, **asked).context_identifier == "Cust12345"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(loopback: Loopback, header: bytes, payload: bytes) -> str:
    """Sign with the right key whatever bytes are given."""
    signing = f"{encoded(header)}.{encoded(payload)}"
    signature = loopback.key.sign(signing.encode(), padding.PKCS1v15(), SHA256())
    return f"{signing}.{encoded(signature)}"


def header(loopback: Loopback, **changes: Any) -> bytes:
    return json.dumps({"typ": "JWT", "alg": "RS256", "x5t": loopback.thumbprint} | changes).encode()


def hs256(loopback: Loopback, secret: bytes) -> str:
    payload = json.dumps(claims(loopback)).encode()
    signing = f"{encoded(header(loopback, alg='HS256'))}.{encoded(payload)}"
    return f"{signing}.{encoded(hmac.digest(secret, signing.encode(), 'sha256'))}"


def public_pem(loopback: Loopback) -> bytes:
    return loopback.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def signed_by(loopback: Loopback, key: Any, algorithm: str, **more: Any) -> str:
    return jwt.encode(claims(loopback), key, algorithm=algorithm, headers={"x5t": loopback.thumbprint} | more)


def payload_text(loopback: Loopback) -> str:
    return json.dumps(claims(loopback))


Forge = Callable[[Loopback], object]
HEADERS: dict[str, Forge] = {
    "alg none, unsigned": lambda it: signed_by(it, "", "none"),
    "alg none, signed": lambda it: by_hand(it, header(it, alg="none"), payload_text(it).encode()),
    "alg nOnE": lambda it: by_hand(it, header(it, alg="nOnE"), payload_text(it).encode()),
    "alg HS256 with the public PEM": lambda it: hs256(it, public_pem(it)),
    "alg HS256 with the modulus": lambda it: hs256(it, it.key_entry()["n"].encode()),
    "alg RS512": lambda it: signed_by(it, it.key, "RS512"),
    "alg PS256": lambda it: signed_by(it, it.key, "PS256"),
    "alg ES256": lambda it: signed_by(it, ec.generate_private_key(ec.SECP256R1()), "ES256"),
    "alg absent": lambda it: by_hand(
        it, json.dumps({"x5t": it.thumbprint}).encode(), payload_text(it).encode()
    ),
    "alg a list": lambda it: by_hand(it, header(it, alg=["RS256"]), payload_text(it).encode()),
    "alg a number": lambda it: by_hand(it, header(it, alg=256), payload_text(it).encode()),
    "alg twice": lambda it: by_hand(
        it,
        f'{{"alg":"none","x5t":"{it.thumbprint}","alg":"RS256"}}'.encode(),
        payload_text(it).encode(),
    ),
    "crit": lambda it: by_hand(it, header(it, crit=["bork"], bork=1), payload_text(it).encode()),
    "b64 false": lambda it: by_hand(it, header(it, b64=False), payload_text(it).encode()),
    "zip": lambda it: by_hand(it, header(it, zip="DEF"), payload_text(it).encode()),
    "another type": lambda it: by_hand(it, header(it, typ="at+jwt"), payload_text(it).encode()),
    "another's key, ours named": lambda it: signed_by(it, OTHER, "RS256"),
    "another's key, brought along as jwk": lambda it: signed_by(
        it, OTHER, "RS256", jwk=jwt.algorithms.RSAAlgorithm.to_jwk(OTHER.public_key(), as_dict=True)
    ),
    "another's key at jku": lambda it: signed_by(it, OTHER, "RS256", jku=f"{it.url}/evil"),
    "another's key at x5u": lambda it: signed_by(it, OTHER, "RS256", x5u=f"{it.url}/evil"),
    "another's key in x5c": lambda it: signed_by(it, OTHER, "RS256", x5c=["AAAA"]),
    "a key id that is a path": lambda it: signed_by(it, OTHER, "RS256", kid="../../dev/null"),
    "a key id that is SQL": lambda it: signed_by(it, OTHER, "RS256", kid="' OR 1=1 --"),
    "a key id of ten kilobytes": lambda it: signed_by(it, OTHER, "RS256", kid="k" * 10_240),
    "x5t unknown": lambda it: it.token(claims(it), x5t="unknown"),
    "x5t absent": lambda it: by_hand(it, b'{"alg":"RS256"}', payload_text(it).encode()),
    "x5t a list": lambda it: by_hand(it, header(it, x5t=[it.thumbprint]), payload_text(it).encode()),
    "a header that is no object": lambda it: by_hand(it, b"[]", payload_text(it).encode()),
    "a header that is no JSON": lambda it: by_hand(it, b"{", payload_text(it).encode()),
}
CONTENT: dict[str, Forge] = {
    "iss of another environment": lambda it: it.token(claims(it, iss="https://sod.superoffice.com")),
    "iss with something before": lambda it: it.token(claims(it, iss="x" + it.url)),
    "iss with something after": lambda it: it.token(claims(it, iss=it.url + ".evil.example.com")),
    "iss with a slash": lambda it: it.token(claims(it, iss=it.url + "/")),
    "iss in capitals": lambda it: it.token(claims(it, iss=it.url.upper())),
    "iss a list": lambda it: it.token(claims(it, iss=[it.url])),
    "iss missing": lambda it: it.token(without(it, "iss")),
    "iss of system users": lambda it: it.token(claims(it, iss=ISSUER)),
    "aud of another client": lambda it: it.token(claims(it, aud="client-of-theirs")),
    "aud a list with ours": lambda it: it.token(claims(it, aud=[CLIENT, "client-of-theirs"])),
    "aud a list of ours alone": lambda it: it.token(claims(it, aud=[CLIENT])),
    "aud a system user's": lambda it: it.token(claims(it, aud=f"spn:{SERIAL}")),
    "aud ours with spn": lambda it: it.token(claims(it, aud=f"spn:{CLIENT}")),
    "aud a part of ours": lambda it: it.token(claims(it, aud=CLIENT[:-1])),
    "aud more than ours": lambda it: it.token(claims(it, aud=CLIENT + "2")),
    "aud missing": lambda it: it.token(without(it, "aud")),
    "exp missing": lambda it: it.token(without(it, "exp")),
    "exp past": lambda it: it.token(claims(it, exp=int(it.clock.now().timestamp()) - 61)),
    "exp a text": lambda it: it.token(claims(it, exp="9999999999")),
    "exp beyond any float": lambda it: by_hand(
        it,
        header(it),
        json.dumps(without(it, "exp")).encode()[:-1] + b', "exp": 1e400}',
    ),
    "exp null": lambda it: it.token(claims(it, exp=None)),
    "exp a list": lambda it: it.token(claims(it, exp=[])),
    "exp true": lambda it: it.token(claims(it, exp=True)),
    "exp in a year": lambda it: it.token(claims(it, exp=int(it.clock.now().timestamp()) + 31_536_000)),
    "good for two hours": lambda it: it.token(claims(it, exp=int(it.clock.now().timestamp()) + 7200)),
    "nbf missing": lambda it: it.token(without(it, "nbf")),
    "nbf to come": lambda it: it.token(claims(it, nbf=int(it.clock.now().timestamp()) + 90)),
    "nbf a text": lambda it: it.token(claims(it, nbf="1")),
    "iat to come": lambda it: it.token(claims(it, iat=int(it.clock.now().timestamp()) + 90)),
    "iat to come, a text": lambda it: it.token(claims(it, iat=str(int(it.clock.now().timestamp()) + 90))),
    "iat no number": lambda it: it.token(claims(it, iat="soon")),
    "iat endless": lambda it: it.token(claims(it, iat="9" * 5000)),
    "sub missing": lambda it: it.token(without(it, "sub")),
    "sub empty": lambda it: it.token(claims(it, sub="")),
    "sub a number": lambda it: it.token(claims(it, sub=1)),
    "nonce missing": lambda it: it.token(without(it, "nonce")),
    "nonce of another sign-in": lambda it: it.token(claims(it, nonce=NONCE[::-1])),
    "nonce half a character": lambda it: it.token(claims(it, nonce="\ud800")),
    "nonce a list": lambda it: it.token(claims(it, nonce=[NONCE])),
    "ctx missing": lambda it: it.token(without(it, f"{CLAIM}ctx")),
    "ctx a path": lambda it: it.token(claims(it, so_ctx="../Cust12345")),
    "ctx in Arabic digits": lambda it: it.token(claims(it, so_ctx="Cust\u0661\u0662\u0663")),
    "ctx with a newline": lambda it: it.token(claims(it, so_ctx="Cust12345\n")),
    "ctx twice": lambda it: by_hand(
        it, header(it), (payload_text(it)[:-1] + f', "{CLAIM}ctx": "Cust99999"}}').encode()
    ),
    "ctx twice, once escaped": lambda it: by_hand(
        it,
        header(it),
        (payload_text(it)[:-1] + f', "\\u0068{CLAIM[1:]}ctx": "Cust99999"}}').encode(),
    ),
    "iss twice": lambda it: by_hand(
        it, header(it), (payload_text(it)[:-1] + f', "iss": "{it.url}"}}').encode()
    ),
    "associate missing": lambda it: it.token(without(it, f"{CLAIM}associateid")),
    "associate no number": lambda it: it.token(claims(it, so_associateid="7; DROP TABLE")),
    "associate a negative number": lambda it: it.token(claims(it, so_associateid="-7")),
    "a system user's token": lambda it: it.token(it.claims()),
    "claims that are a list": lambda it: by_hand(it, header(it), b"[1]"),
    "claims that are no JSON": lambda it: by_hand(it, header(it), b"sub=admin"),
    "claims in Latin-1": lambda it: by_hand(it, header(it), '{"sub":"é"}'.encode("latin-1")),
    "altered after signing": lambda it: ".".join(
        [
            it.token(claims(it)).split(".")[0],
            encoded(json.dumps(claims(it, so_ctx="Cust1")).encode()),
            it.token(claims(it)).split(".")[2],
        ]
    ),
    "signature of another token": lambda it: (
        it.token(claims(it, sub="b")).rpartition(".")[0] + "." + it.token(claims(it)).rpartition(".")[2]
    ),
}
SHAPES: dict[str, Forge] = {
    "nothing": lambda _: "",
    "no text": lambda _: None,
    "a number": lambda _: 5,
    "two segments": lambda it: it.token(claims(it)).rpartition(".")[0],
    "five segments, as JWE has": lambda it: it.token(claims(it)) + ".AAAA.AAAA",
    "no signature": lambda it: it.token(claims(it)).rpartition(".")[0] + ".",
    "bad base64url": lambda it: it.token(claims(it)) + "!",
    "with a newline": lambda it: it.token(claims(it)) + "\n",
    "standard base64": lambda it: it.token(claims(it)).replace("_", "/").replace("-", "+") + "/+",
    "padded": lambda it: it.token(claims(it)) + "=",
    "longer than 16 KiB": lambda it: it.token(claims(it, so_company_name="x" * 13_000)),
    "ten megabytes": lambda _: "A" * HUGE + ".A.A",
    "SAML": lambda _: "<saml:Assertion/>",
    "letters from elsewhere": lambda it: it.token(claims(it)).replace("e", "\u0435"),
}
assert len(HEADERS) + len(CONTENT) + len(SHAPES) >= 60


def refused(loopback: Loopback, keys: SigningKeys, forge: Forge) -> type[Exception]:
    with pytest.raises(TokenError) as caught:
        believed(loopback, keys, forge(loopback))
    assert len(str(caught.value)) < 60
    # Whatever a token names as its key, only the environment's own key set was asked, and once.
    assert [call.operation for call in loopback.calls] in ([], [JWKS])
    return type(caught.value)


@pytest.mark.row("B45", "B46")
@pytest.mark.parametrize("forge", HEADERS.values(), ids=HEADERS)
def test_no_header_makes_a_forged_token_good(loopback: Loopback, keys: SigningKeys, forge: Forge) -> None:
    refused(loopback, keys, forge)


@pytest.mark.row("B47", "B48", "B49", "B50")
@pytest.mark.parametrize("forge", CONTENT.values(), ids=CONTENT)
def test_no_foreign_stale_or_readdressed_token_is_good(
    loopback: Loopback, keys: SigningKeys, forge: Forge
) -> None:
    refused(loopback, keys, forge)


@pytest.mark.row("B51")
@pytest.mark.parametrize("forge", SHAPES.values(), ids=SHAPES)
def test_what_is_no_token_is_refused_before_any_key_is_looked_at(
    loopback: Loopback, keys: SigningKeys, forge: Forge
) -> None:
    assert refused(loopback, keys, forge) is NoTokenError
    assert loopback.calls == []


def test_who_signed_in_is_believed(loopback: Loopback, keys: SigningKeys) -> None:
    found = believed(loopback, keys, loopback.token(claims(loopback)))

    assert found == Identity("Cust12345", 7, True, SYSTEM_TOKEN)  # type: ignore[arg-type]  # ids as texts and numbers
    assert SYSTEM_TOKEN not in repr(found)


@pytest.mark.row("B46", "B49")
def test_what_a_real_token_may_hold_is_taken(loopback: Loopback, keys: SigningKeys) -> None:
    moment = loopback.clock.now()
    now = int(moment.timestamp())
    for changes in (
        {"iat": now},
        {"iat": str(now)},
        {"exp": now - 59},
        {"nbf": now + 59},
        {"exp": now - 60 + 3600},
        {"so_company_name": 'Eksempel "A/S" ÆØÅ'},
    ):
        assert good(loopback, keys, loopback.token(claims(loopback, **changes)), now=moment), changes
    assert good(loopback, keys, loopback.token(without(loopback, "iat")))
    # A header that names other places for keys is not read, so it does no harm.
    assert good(loopback, keys, loopback.token(claims(loopback), jku=f"{loopback.url}/evil", kid="../x"))
    assert [call.operation for call in loopback.calls] == [JWKS]


@pytest.mark.row("B50")
@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ("True", True), (True, True), ("False", False), ("false", False), ("true", False), ("TRUE", False),
        (" True", False), (False, False), (0, False), (1, False), (None, False), ("", False),
        (["True"], False),
        ({"True": True}, False), ("1", False), ("yes", False),
    ],
)  # fmt: skip
def test_only_true_makes_an_administrator(
    loopback: Loopback, keys: SigningKeys, said: object, is_one: bool
) -> None:
    token = loopback.token(claims(loopback, so_is_administrator=said))

    assert believed(loopback, keys, token).is_administrator is is_one


def test_nobody_is_an_administrator_by_silence(loopback: Loopback, keys: SigningKeys) -> None:
    token = loopback.token(without(loopback, f"{CLAIM}is_administrator"))

    assert believed(loopback, keys, token).is_administrator is False


@pytest.mark.parametrize("said", ["", None, 5, "x" * 4097, "two\nlines"])
def test_a_system_user_token_is_a_line_of_text(loopback: Loopback, keys: SigningKeys, said: object) -> None:
    token = loopback.token(claims(loopback, so_system_token=said))

    assert believed(loopback, keys, token).system_user_token is None


@pytest.mark.row("B47")
def test_a_token_of_one_environment_is_not_good_in_another(loopback: Loopback, keys: SigningKeys) -> None:
    token = loopback.token(claims(loopback))
    for issuer in ("https://online.superoffice.com", loopback.url + "/"):
        with pytest.raises(TokenError):
            believed(loopback, keys, token, issuer=issuer)


@pytest.mark.row("F46")
def test_ten_thousand_bad_tokens_cost_a_dozen_fetches_an_hour(
    loopback: Loopback, keys: SigningKeys, elapsed: list[float]
) -> None:
    right = loopback.token(claims(loopback))
    bad = [loopback.token(claims(loopback), x5t=f"unknown-{number}") for number in range(20)]
    for number in range(10_000):
        elapsed[0] = number * 0.36
        with pytest.raises(TokenError):
            believed(loopback, keys, bad[number % 20])
        if number % 1000 == 0:
            assert good(loopback, keys, right)

    assert loopback.count(JWKS) <= 12


@pytest.mark.row("F46")
def test_a_service_that_is_down_from_the_start_is_asked_a_dozen_times_an_hour(
    loopback: Loopback, keys: SigningKeys, elapsed: list[float]
) -> None:
    loopback.standing[JWKS] = Canned(status=503)
    right = loopback.token(claims(loopback))
    for number in range(1000):
        elapsed[0] = number * 3.6
        with pytest.raises((CrmFailure, TokenError)):
            believed(loopback, keys, right)

    assert loopback.count(JWKS) == 12


@pytest.mark.row("F46")
def test_a_rotated_key_is_found_and_the_old_one_is_good_as_long_as_it_is_published(
    loopback: Loopback, keys: SigningKeys, elapsed: list[float]
) -> None:
    old = loopback.token(claims(loopback))
    assert good(loopback, keys, old)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(OTHER.public_key(), as_dict=True)
    new_entry = loopback.key_entry(n=public["n"], e=public["e"], x5t="next")
    new = jwt.encode(claims(loopback), OTHER, algorithm="RS256", headers={"x5t": "next"})
    loopback.standing[JWKS] = loopback.json({"keys": [new_entry, loopback.key_entry()]})
    elapsed[0] = 301.0
    assert good(loopback, keys, new)
    assert good(loopback, keys, old)
    loopback.standing[JWKS] = loopback.json({"keys": [new_entry]})
    elapsed[0] = 602.0
    with pytest.raises(TokenError):
        believed(loopback, keys, loopback.token(claims(loopback), x5t="unknown"))

    with pytest.raises(TokenError):
        believed(loopback, keys, old)


BAD_SETS: dict[str, Callable[[Loopback], Canned]] = {
    "down": lambda _: Canned(status=503),
    "moved": lambda it: Canned(status=302, headers={"Location": f"{it.url}/jwks2"}),
    "a page": lambda _: Canned(b"<html/>", media_type="text/html"),
    "a megabyte": lambda _: Canned(b"[" + b" " * 1_000_000 + b"]", media_type="application/json"),
    "empty": lambda it: it.json({"keys": []}),
    "of encryption keys": lambda it: it.json({"keys": [it.key_entry(use="enc")]}),
    "of elliptic curves": lambda it: it.json({"keys": [it.key_entry(kty="EC")]}),
    "with one name twice": lambda it: it.json({"keys": [it.key_entry(), it.key_entry()]}),
}


@pytest.mark.row("B52", "F46")
@pytest.mark.parametrize("bad", BAD_SETS.values(), ids=BAD_SETS)
def test_a_bad_key_set_leaves_the_old_keys_for_a_day(
    loopback: Loopback, keys: SigningKeys, elapsed: list[float], bad: Callable[[Loopback], Canned]
) -> None:
    right = loopback.token(claims(loopback))
    assert good(loopback, keys, right)
    loopback.standing[JWKS] = bad(loopback)
    elapsed[0] = 301.0
    with pytest.raises(CrmFailure):
        believed(loopback, keys, loopback.token(claims(loopback), x5t="unknown"))
    assert good(loopback, keys, right)
    elapsed[0] = 86_401.0
    with pytest.raises(CrmFailure):
        believed(loopback, keys, right)


@pytest.mark.row("B52")
@pytest.mark.parametrize("bits", [1024, 9216])
def test_a_key_of_no_good_size_signs_nothing(loopback: Loopback, keys: SigningKeys, bits: int) -> None:
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    modulus = numbers.n if bits == 1024 else (1 << bits - 1) + 1
    n = encoded(modulus.to_bytes((bits + 7) // 8, "big"))
    loopback.standing[JWKS] = loopback.json({"keys": [loopback.key_entry(n=n)]})

    with pytest.raises(CrmFailure):
        believed(loopback, keys, loopback.token(claims(loopback)))


def test_a_thumbprint_is_compared_letter_by_letter(loopback: Loopback, keys: SigningKeys) -> None:
    changed = hashlib.sha1(b"x").hexdigest()
    with pytest.raises(TokenError):
        believed(loopback, keys, loopback.token(claims(loopback), x5t=loopback.thumbprint.swapcase()))
    with pytest.raises(TokenError):
        believed(loopback, keys, loopback.token(claims(loopback), x5t=changed))


def test_our_own_clock_judges(loopback: Loopback, keys: SigningKeys) -> None:
    token = loopback.token(claims(loopback))
    now = loopback.clock.now()
    assert good(loopback, keys, token, now=now + timedelta(minutes=5, seconds=50))

    with pytest.raises(TokenError):
        believed(loopback, keys, token, now=now + timedelta(minutes=6, seconds=10))
