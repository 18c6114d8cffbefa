"""A lawyer's changes to a country's pack are checked by its schema, and reach laws and words."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from so_privacy_ext.rules.law import COUNTRIES, country_law, digital_age, language_of, table

PACKS = resources.files("so_privacy_ext.rules").joinpath("packs")
SCHEMA = Draft202012Validator(json.loads(PACKS.joinpath("pack.schema.json").read_text("utf-8")))


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_pack_is_as_the_schema_says(country: str) -> None:
    pack = table(country)

    assert [error.message for error in SCHEMA.iter_errors(pack)] == []
    assert pack["country"] == country


def test_every_file_is_of_a_country_or_known() -> None:
    others = {"pack.schema", "language_of_country", "notice_words"}

    assert {one.name.removesuffix(".json") for one in PACKS.iterdir()} == {*COUNTRIES, *others}


@pytest.mark.parametrize(
    "change",
    [
        {"value": 12},
        {"value": "13"},
        {"confidence": "sure"},
        {"confidence": "verified", "checked_on": None},
        {"checked_on": "yesterday"},
        {"source": ""},
        {"quote": "word by word"},
    ],
)
def test_the_schema_refuses_what_laws_could_not_read(change: dict[str, Any]) -> None:
    pack = json.loads(json.dumps(table("DK")))
    pack["lines"]["digital_age"] |= change

    assert not SCHEMA.is_valid(pack)


def test_the_schema_itself_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)
    assert not SCHEMA.is_valid({**table("DK"), "country": "Denmark"})
    assert not SCHEMA.is_valid({**table("DK"), "lines": {}})


def test_what_is_asked_of_a_country() -> None:
    assert (digital_age("DK"), digital_age("DE"), digital_age("FR")) == (15, 16, None)
    assert (language_of("NO"), language_of("FR")) == ("nb", None)
    assert country_law("FR") is None
    assert country_law("../packs/DK") is None


@pytest.mark.parametrize("country", ["DK", "NO", "SE", "FI", "DE"])
def test_marketing_needs_consent_in_the_five_countries(country: str) -> None:
    law = country_law(country)

    assert law is not None
    assert law.lines["marketing"].value == ["61A"]
    assert law.lines["soft_opt_in"].value == ["61F"]


def test_proof_is_kept_two_years_in_denmark() -> None:
    law = country_law("DK")

    assert law is not None
    assert law.lines["proof_period"].value == "P2Y"


def test_the_words_of_a_notice_are_small_letters_in_each_language() -> None:
    words = table("notice_words")
    by_language = [*words["parts"].values(), words["origin"], words["marketing"]]

    assert all(set(one) == {"da", "nb", "sv", "en", "de", "fi"} for one in by_language)
    assert all(word == word.casefold() for one in by_language for some in one.values() for word in some)
