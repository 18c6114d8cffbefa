from __future__ import annotations

from dataclasses import fields
from string import Formatter
from typing import Any, get_args

import pytest

from so_privacy_ext.model import Authority, NoMail, Outcome
from so_privacy_ext.proof.arbiter import Reason
from so_privacy_ext.proof.verdict import Why
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.rules.wording import LANGUAGES, wording
from so_privacy_ext.sdk import CreatorWord, EventWord, Facts


def gaps(text: Any) -> Any:
    """Give the names of a text's gaps; of several texts, those of each."""
    if isinstance(text, list):
        return [gaps(one) for one in text]
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name})


def test_every_language_has_the_same_texts_with_the_same_gaps() -> None:
    english = {section: dict(texts) for section, texts in wording("en").texts.items()}
    for language in LANGUAGES:
        other = wording(language).texts
        assert {section: set(texts) for section, texts in other.items()} == {
            section: set(texts) for section, texts in english.items()
        }
        for section, texts in english.items():
            for name, text in texts.items():
                assert gaps(other[section][name]) == gaps(text), (language, section, name)


def test_there_is_a_text_for_everything_that_is_said() -> None:
    said = wording("en")
    composed = {"evidence", "person_field", "company_field"}

    assert {one.word for one in PRODUCT_WORDS} - composed == set(said.texts["condition"]) - {"other"}
    assert set(said.texts["no_mail"]) == set(NoMail)
    assert set(said.texts["writer"]) == set(Authority)
    assert set(said.texts["reason"]) == set(Reason)
    assert set(said.texts["why_not"]) == set(Why) - {Why.GIVEN}
    assert {str(one) for one in Outcome} - {"give"} <= set(said.texts["give"])
    of_plugins = {"further", "answers", "proposed"}  # what a plugin says is said by its own reasons
    assert {one.name for one in fields(Facts)} - of_plugins == set(said.texts["fact"]) | set(
        said.texts["flag"]
    )
    assert {f"event.{one}" for one in get_args(EventWord)} <= set(said.texts["value"])
    assert {f"creator.{one}" for one in get_args(CreatorWord)} <= set(said.texts["value"])


@pytest.mark.parametrize(
    ("language", "period", "text"),
    [
        ("en", "P1M", "1 month"),
        ("en", "P12M", "12 months"),
        ("en", "P1Y6M", "1 year and 6 months"),
        ("da", "P2Y", "2 år"),
        ("da", "P1M", "1 måned"),
        ("da", "P60D", "60 dage"),
    ],
)
def test_a_period_is_said(language: str, period: str, text: str) -> None:
    assert wording(language).period(period) == text


def test_several_are_joined() -> None:
    assert wording("en").either(["a"]) == "a"
    assert wording("en").either(["a", "b", "c"]) == "a, b or c"
    assert wording("da").both(["a", "b"]) == "a og b"


def test_a_value_is_said_by_its_word_else_by_itself() -> None:
    assert wording("da").value("event", "created") == "oprettet"
    assert wording("da").value("country", "unknown") == "ukendt"
    assert wording("da").value("source", "CARD") == "CARD"
