import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from so_sandbox.login.keys import new_private_key
from so_sandbox.login.system_user import AdmissionError, admit
from so_sandbox.world.applications import Application, Authorization

KEY = new_private_key()
NOW = datetime(2026, 11, 22, 12, 30, 40, tzinfo=UTC)
TOKEN = "So Privacy v1.0-a.b c"


def _pem(key: Any) -> Any:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


APP = Application("id", "So Privacy", "secret", _pem(KEY))


def signed(token: Any = TOKEN, when: Any = NOW, key: Any = KEY) -> Any:
    data = f"{token}.{when:%Y%m%d%H%M}"
    signature = key.sign(data.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{data}.{base64.b64encode(signature).decode()}"


def leave(state: str = "Active") -> Any:
    return Authorization("id", TOKEN, 9, state)


def test_a_token_with_blanks_and_dots_is_let_in() -> None:
    assert admit(APP, leave(), signed(), now=NOW).associate_id == 9


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_the_clock_may_differ_by_five_minutes(minutes: int) -> None:
    now = NOW - timedelta(seconds=40)

    assert admit(APP, leave(), signed(when=now + timedelta(minutes=minutes)), now=now).associate_id == 9


@pytest.mark.parametrize("minutes", [-6, 6, -1440])
def test_a_larger_difference_is_an_invalid_timestamp(minutes: int) -> None:
    token = signed(when=NOW + timedelta(minutes=minutes, seconds=-40))

    with pytest.raises(AdmissionError, match=r"InvalidTimestamp \(6\)"):
        admit(APP, leave(), token, now=NOW - timedelta(seconds=40))
    assert admit(APP, leave(), token, now=NOW, window=None).associate_id == 9


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "not of the form"),
        ("no dots", "not of the form"),
        (signed("Another-token"), "Denied"),
        (signed(key=new_private_key()), "InvalidSignature"),
        (signed()[:-4] + "AAA=", "InvalidSignature"),
        (f"{TOKEN}.202611221230.not base64", "InvalidSignature"),
    ],
)
def test_what_is_wrong_is_refused(given: str | None, message: str) -> None:
    with pytest.raises(AdmissionError, match=message):
        admit(APP, leave(), given, now=NOW)


@pytest.mark.parametrize("stamp", ["202613400000", "20261122123", "\N{FULLWIDTH DIGIT TWO}" * 12])
def test_a_stamp_that_is_no_time_is_refused(stamp: str) -> None:
    data = f"{TOKEN}.{stamp}"
    signature = base64.b64encode(KEY.sign(data.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()

    with pytest.raises(AdmissionError, match="InvalidTimestamp"):
        admit(APP, leave(), f"{data}.{signature}", now=NOW)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("Revoked", r"Revoked \(1\)"),
        ("Expired", r"Expired \(3\)"),
        ("NeedsReapproval", r"\(5\)"),
        ("Odd", "Odd:"),
    ],
)
def test_what_became_of_the_approval_is_named(state: str, message: str) -> None:
    with pytest.raises(AdmissionError, match=message):
        admit(APP, leave(state), signed(), now=NOW)


def test_without_approval_the_tenant_denies() -> None:
    with pytest.raises(AdmissionError, match="Denied"):
        admit(APP, None, signed(), now=NOW)


def test_another_kind_of_key_signs_nothing() -> None:
    other = Application("id", "So Privacy", "secret", _pem(ec.generate_private_key(ec.SECP256R1())))

    with pytest.raises(AdmissionError, match="InvalidSignature"):
        admit(other, leave(), signed(), now=NOW)
