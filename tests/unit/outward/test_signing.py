"""What we sign others verify, and the other way round; and what nobody signed is not believed."""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from so_privacy_ext import outward
from so_privacy_ext.errors import Refused
from so_privacy_ext.outward import NotBelieved, Wrong, sign, signing, verify

KEY = bytes(range(32))
SECRET = signing.write_secret(KEY)
OTHER = signing.write_secret(bytes(range(1, 33)))
NOW = int(datetime(2026, 11, 28, 12, 0, tzinfo=UTC).timestamp())
ID = "msg_0123"
BODY = b'{"type":"endpoint.test","note":"\xe2\x99\xa5 \\u001b"}'


def headers(**changes: str | None) -> dict[str, str]:
    made = {
        "webhook-id": ID,
        "webhook-timestamp": str(NOW),
        "webhook-signature": sign(ID, NOW, BODY, [SECRET]),
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {name: value for name, value in made.items() if value is not None}


def wrong(given: dict[str, str], *, body: bytes = BODY, now: float = NOW) -> Wrong:
    with pytest.raises(NotBelieved) as raised:
        verify(body, given, [SECRET], now=now)
    assert raised.value.status == 401
    return Wrong(raised.value.code)


def test_the_example_of_the_specification() -> None:
    # The secret, id, time and payload that every library of Standard Webhooks is tested by.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    signature = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [secret])

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("body", [BODY, b"{}", b'{"a":1}' * 900])
def test_another_implementation_signs_the_same(body: bytes) -> None:
    theirs = Webhook(SECRET).sign(ID, datetime.fromtimestamp(NOW, UTC), body.decode())

    assert sign(ID, NOW, body, [SECRET]) == theirs


def test_another_implementation_verifies_ours_and_we_theirs() -> None:
    now = datetime.now(UTC)
    seconds = int(now.timestamp())
    ours = headers(webhook_timestamp=str(seconds), webhook_signature=sign(ID, seconds, BODY, [SECRET]))
    theirs = headers(
        webhook_timestamp=str(seconds), webhook_signature=Webhook(SECRET).sign(ID, now, BODY.decode())
    )

    Webhook(SECRET).verify(BODY, ours)
    assert verify(BODY, theirs, [SECRET]) == ID


def test_while_a_secret_is_replaced_both_sign_and_either_is_enough() -> None:
    both = headers(webhook_signature=sign(ID, NOW, BODY, [OTHER, SECRET]))

    assert both["webhook-signature"].count(" ") == 1
    assert verify(BODY, both, [SECRET], now=NOW) == verify(BODY, both, [OTHER], now=NOW) == ID
    assert verify(BODY, headers(), [OTHER, SECRET], now=NOW) == ID


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("webhook_id", Wrong.NO_ID),
        ("webhook_timestamp", Wrong.NO_TIMESTAMP),
        ("webhook_signature", Wrong.NO_SIGNATURE),
    ],
)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_each_header_must_be_there(name: str, said: Wrong, value: str | None) -> None:
    assert wrong(headers(**{name: value})) is said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(301, Wrong.TOO_OLD), (-301, Wrong.TOO_NEW), (300, None), (299, None), (-300, None), (-299, None)],
)
def test_five_minutes_and_not_a_second_more(seconds: int, said: Wrong | None) -> None:
    if said is None:
        assert verify(BODY, headers(), [SECRET], now=NOW + seconds) == ID
    else:
        assert wrong(headers(), now=NOW + seconds) is said


@pytest.mark.parametrize("said", ["now", "-1", "1e9", "1614265330.5", "١٦١٤٢٦٥٣٣٠", "9" * 13, "+1", "0x1"])
def test_a_time_is_whole_seconds(said: str) -> None:
    assert wrong(headers(webhook_timestamp=said)) is Wrong.BAD_TIMESTAMP


@pytest.mark.parametrize(
    "signature",
    [
        *("v1", "v1,", "v1,!", "v1,é", ",", "v1a,AAAA", "nonsense", "v2," + "A" * 44),
        sign(ID, NOW, BODY, [SECRET]).removeprefix("v1,"),
        sign(ID, NOW, BODY, [SECRET]).replace("v1,", "v2,"),
        sign(ID, NOW, BODY, [SECRET])[:-5],
        sign(ID, NOW, BODY, [OTHER]),
        sign("msg_other", NOW, BODY, [SECRET]),
        sign(ID, NOW + 1, BODY, [SECRET]),
        sign(ID, NOW, BODY + b" ", [SECRET]),
    ],
)
def test_what_is_not_signed_is_not_believed(signature: str) -> None:
    assert wrong(headers(webhook_signature=signature)) is Wrong.NOT_SIGNED


def test_another_body_or_id_is_not_believed() -> None:
    assert wrong(headers(), body=BODY + b" ") is Wrong.NOT_SIGNED
    assert wrong(headers(webhook_id="msg_0124")) is Wrong.NOT_SIGNED


def test_signatures_that_are_none_are_passed_over() -> None:
    good = sign(ID, NOW, BODY, [SECRET])

    assert verify(BODY, headers(webhook_signature=f"v2,AAAA v1,! x {good}"), [SECRET], now=NOW) == ID


def test_headers_come_as_any_server_has_them() -> None:
    as_bytes = [(name.title().encode(), value.encode()) for name, value in headers().items()]

    assert verify(BODY, as_bytes, [SECRET], now=NOW) == ID


def test_each_comparison_takes_one_time_and_none_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    equal = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return equal(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    both = headers(webhook_signature=sign(ID, NOW, BODY, [SECRET, OTHER]))

    assert verify(BODY, both, [SECRET, OTHER], now=NOW) == ID
    assert len(compared) == 4  # the first one is right, and the others are compared all the same


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_é",
        "whsec_!",
        "whsec_" + b64encode(bytes(23)).decode(),
        b64encode(bytes(65)).decode(),
    ],
)
def test_a_weak_secret_is_refused_and_never_quoted(secret: str) -> None:
    with pytest.raises(Refused) as raised:
        sign(ID, NOW, BODY, [secret])
    with pytest.raises(Refused, match="weak_secret"):
        verify(BODY, headers(), [secret], now=NOW)
    assert raised.value.code == "weak_secret"
    assert not secret.removeprefix("whsec_") or secret.removeprefix("whsec_") not in str(raised.value)


@pytest.mark.parametrize("size", [24, 64])
def test_a_secret_reads_with_and_without_its_prefix_and_padding(size: int) -> None:
    key = bytes(range(size))
    secret = signing.write_secret(key)

    assert secret.startswith("whsec_")
    assert {signing.read_secret(one) for one in (secret, secret[6:], secret.rstrip("="), f" {secret}\n")} == {
        key
    }


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(Refused, match="no_secret"):
        verify(BODY, headers(), [], now=NOW)


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
def test_whatever_the_headers_say_nothing_else_is_raised(given_headers: dict[str, str]) -> None:
    with pytest.raises(NotBelieved):
        verify(BODY, given_headers, [SECRET], now=NOW)


def test_the_names_that_a_receiver_builds_on() -> None:
    assert outward.read.__module__ == "so_privacy_ext.outward.reading"
    assert {"read", "verify", "sign", "NotBelieved", "Wrong", "Told"} <= set(outward.__all__)
