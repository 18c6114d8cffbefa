from __future__ import annotations

from so_privacy_ext.sdk import UNKNOWN, Facts


def test_an_unknown_fact_shows_as_what_it_is() -> None:
    assert repr(UNKNOWN) == "UNKNOWN"


def test_an_email_domain_shows_in_no_log() -> None:
    assert "example.com" not in repr(Facts(email_domain="example.com"))


def test_what_stands_in_a_user_defined_field_shows_in_no_log() -> None:
    assert "VIP" not in repr(Facts(fields={"person/SuperOffice:1": "VIP"}))
