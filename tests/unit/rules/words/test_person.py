from __future__ import annotations

from typing import Any

import pytest

from so_privacy_ext.rules.words.person import (
    AgeBelow,
    Company,
    Country,
    EmailDomain,
    HasEmail,
    IsAssociate,
    Language,
    Retired,
)
from so_privacy_ext.sdk import UNKNOWN


@pytest.mark.parametrize(
    ("word", "argument"),
    [
        (Country, "dk"),
        (Country, "DNK"),
        (Country, False),
        (Language, "DA"),
        (Language, "da-DK"),
        (Company, True),
        (Company, {}),
        (Company, {"is_owner": "yes"}),
        (Retired, "true"),
        (Retired, 1),
        (IsAssociate, None),
        (HasEmail, "no"),
        (EmailDomain, "@example.com"),
        (EmailDomain, ""),
        (AgeBelow, 0),
        (AgeBelow, 151),
        (AgeBelow, "16"),
        (AgeBelow, "digital_age"),
        (AgeBelow, 15.5),
        (AgeBelow, [15]),
    ],
)
def test_no_argument(refuse: Any, word: Any, argument: object) -> None:
    refuse(word, argument)


def test_country(ask: Any, look: Any) -> None:
    assert ask(Country, "DK") is None
    assert ask(Country, "DK", country="NO") is False
    assert ask(Country, ["DK", "NO"], country="NO") is True
    assert look(Country, "DK") is UNKNOWN


@pytest.mark.parametrize(
    ("facts", "language"),
    [
        ({}, "en"),
        ({"country": "FR"}, "en"),
        ({"country": "NO"}, "nb"),
        ({"country": "DK"}, "da"),
        ({"country": "SE"}, "sv"),
        ({"country": "DE"}, "de"),
        ({"country": "DK", "language": "fr"}, "fr"),
        ({"language": "no"}, "nb"),
    ],
)
def test_language_falls_back_to_the_country_and_then_to_the_manifest(
    ask: Any, look: Any, facts: Any, language: str
) -> None:
    assert look(Language, "xx", **facts) == language
    assert ask(Language, "xx", **facts) is False
    assert ask(Language, ["xx", language], **facts) is True


def test_both_norwegians_are_one(ask: Any) -> None:
    assert ask(Language, "no", language="nb") is True
    assert ask(Language, "nb", language="no") is True


@pytest.mark.parametrize(
    ("word", "fact"), [(Retired, "retired"), (IsAssociate, "is_associate"), (HasEmail, "has_email")]
)
@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("value", [True, False])
def test_yes_and_no(*, ask: Any, look: Any, word: Any, fact: str, wanted: bool, value: bool) -> None:
    assert ask(word, wanted, **{fact: value}) is (wanted is value)
    assert look(word, wanted, **{fact: value}) is value


@pytest.mark.parametrize("value", [True, False])
def test_the_owner_is_the_company_that_has_the_crm(ask: Any, look: Any, value: bool) -> None:
    assert ask(Company, {"is_owner": True}, company_is_owner=value) is value
    assert ask(Company, {"is_owner": False}, company_is_owner=value) is not value
    assert look(Company, {"is_owner": True}, company_is_owner=value) == {"is_owner": value}


def test_a_domain_is_compared_in_full_and_in_any_case(ask: Any, look: Any) -> None:
    assert ask(EmailDomain, "example.com") is False
    assert ask(EmailDomain, "example.com", email_domain="mail.example.com") is False
    assert ask(EmailDomain, ["x.example.com", "Example.COM"], email_domain="example.com") is True
    assert look(EmailDomain, "example.com", email_domain="example.org") == "example.org"


@pytest.mark.parametrize(
    ("country", "home", "limit"),
    [
        ("DK", "NO", 15),
        ("NO", "DK", 13),
        ("SE", "DK", 13),
        ("FI", "DK", 13),
        ("DE", "DK", 16),
        ("NL", "DK", 16),
        (UNKNOWN, "DK", 15),
        (UNKNOWN, "NL", 16),
        ("FR", "DK", 15),
    ],
)
def test_the_limit_for_children_is_the_countrys_else_that_of_home(
    ask: Any, country: Any, home: str, limit: int
) -> None:
    assert ask(AgeBelow, "country_digital_age", home=home, country=country, age=limit - 1) is True
    assert ask(AgeBelow, "country_digital_age", home=home, country=country, age=limit) is False


def test_where_no_table_has_a_limit_nobody_knows(ask: Any) -> None:
    assert ask(AgeBelow, "country_digital_age", home="US", country="US", age=3) is None


def test_an_age_that_is_not_known_is_neither_below_nor_above(ask: Any, look: Any) -> None:
    assert ask(AgeBelow, 18) is None
    assert ask(AgeBelow, 18, age=17) is True
    assert ask(AgeBelow, 18, age=18) is False
    assert look(AgeBelow, "country_digital_age", age=14) == {"age": 14, "limit": 15}
