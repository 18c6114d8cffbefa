"""The one address a notice may go to."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from so_privacy_ext.model import EmailAddress
from so_privacy_ext.processing.addresses import address_hash, domain, primary

KEY = bytes(32)


@pytest.mark.row("F60")
def test_the_lowest_rank_is_the_primary() -> None:
    emails = [EmailAddress("second@example.com", 2), EmailAddress("first@example.com", 1)]
    assert primary(emails) == emails[1]
    assert primary([]) is None


@pytest.mark.row("F60")
def test_a_malformed_primary_is_no_address_though_there_is_a_second() -> None:
    assert primary([EmailAddress("nobody", 1), EmailAddress("second@example.com", 2)]) is None


@pytest.mark.row("F60")
@pytest.mark.parametrize(
    "address", ["info@example.com", "post@example.com", " Anna.Å@example.com ", "a+b@example.com"]
)
def test_role_addresses_and_others_in_good_form_are_addresses(address: str) -> None:
    assert primary([EmailAddress(address, 1)]) is not None


@pytest.mark.row("F60")
@pytest.mark.row("B73")
@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "anna",
        "@example.com",
        "anna@",
        "anna@example.com\r\nBcc: other@example.com",
        "anna\n@example.com",
        "anna@exam\tple.com",
        '"a"@[127.0.0.1]',
        "a@[127.0.0.1]",
        '"anna larsen"@example.com',
        "anna@@example.com",
        "anna@one@example.com",
        "Anna <anna@example.com>",
        "anna@example.com, bo@example.com",
        "anna@example.com;bo@example.com",
        "anna\0@example.com",
        "anna@example.com\0",
        "\u202eanna@example.com",
        "anna@exam\u202eple.com",
        "a" * 65 + "@example.com",
        "a@" + "b" * 320 + ".com",
        "a" * 64 + "@" + ("b" * 60 + ".") * 5 + "com",
        "anna@xn--zzzzzzzz.example.com",
        "anna@-example.com",
        "anna@example..com",
        ".anna@example.com",
        "anna@localhost",
    ],
)
def test_what_is_not_one_plain_address_is_none(address: str) -> None:
    assert primary([EmailAddress(address, 1)]) is None


@pytest.mark.row("B73")
@given(st.text(max_size=400) | st.from_regex(r"[^@]{0,70}@[^@]{0,260}"))
def test_whatever_is_in_the_field_an_accepted_address_has_no_room_for_a_header(text: str) -> None:
    email = EmailAddress(text, 1)
    if primary([email]) is not None:
        address = text.strip()
        assert address.count("@") == 1
        assert not any(character.isspace() or not character.isprintable() for character in address)
        assert len(address.encode()) <= 320
        assert domain(email)


def test_a_domain_is_in_lower_case() -> None:
    assert domain(EmailAddress(" Anna@Example.COM ", 1)) == "example.com"


@pytest.mark.row("F60")
def test_equal_addresses_have_one_hash_and_another_key_hides_them() -> None:
    first = address_hash(EmailAddress(" Anna@Example.com", 1), KEY)
    assert first == address_hash(EmailAddress("anna@example.COM ", 3), KEY)
    assert first == hmac.new(KEY, b"anna@example.com", hashlib.sha256).hexdigest()
    assert first != address_hash(EmailAddress("anna@example.com", 1), bytes([1] * 32))


@pytest.mark.row("B73")
def test_an_address_is_not_shown_by_accident() -> None:
    assert "anna" not in repr(EmailAddress("anna@example.com", 1))
