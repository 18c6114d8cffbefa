from __future__ import annotations

from typing import Any

import pytest

from so_privacy_ext.rules.words.origin import Creator, Evidence, Form, Source
from so_privacy_ext.sdk import UNKNOWN, Reference

TICKED = {"EMARKETING": ("61A", "WEBFORM")}
WORDED = frozenset({"EMARKETING"})


@pytest.mark.parametrize(
    ("word", "argument"),
    [
        (Creator, "robot"),
        (Creator, []),
        (Form, "contact"),
        (Form, {}),
        (Form, {"key": []}),
        (Form, {"key": ""}),
        (Form, {"kee": "contact"}),
        (Source, "WEB-FORM"),
        (Source, None),
        (Evidence, {}),
        (Evidence, "tick"),
        (Evidence, {"tick": []}),
        (Evidence, {"wording": "present"}),
        (Evidence, {"tick": "EMARKETING", "wording": "absent"}),
        (Evidence, {"tick": "EMARKETING", "wordng": "present"}),
        (Evidence, {"objection_offered": False}),
    ],
)
def test_no_argument(refuse: Any, word: Any, argument: object) -> None:
    refuse(word, argument)


def test_creator_is_who_registered_the_person(ask: Any, look: Any) -> None:
    assert ask(Creator, "form") is None
    assert ask(Creator, "form", creator="user") is False
    assert ask(Creator, ["form", "us"], creator="us") is True
    assert look(Creator, "form") is UNKNOWN


def test_form_is_false_for_whoever_no_form_registered(ask: Any, look: Any) -> None:
    assert ask(Form, {"key": "contact"}) is False
    assert ask(Form, {"key": "contact"}, form="event") is False
    assert ask(Form, {"key": ["contact", "event"]}, form="event") is True
    assert look(Form, {"key": "contact"}, form="event") == "event"


def test_source_is_that_of_the_store_row(ask: Any, look: Any) -> None:
    assert ask(Source, "CARD") is False
    assert ask(Source, "CARD", source="FAIR") is False
    assert ask(Source, ["CARD", "FAIR"], source="FAIR") is True
    assert look(Source, "CARD", source="FAIR") == "FAIR"
    assert list(Source.model_validate(["CARD"]).references()) == [Reference("source", "CARD")]


@pytest.mark.parametrize(
    ("consents", "truth"),
    [
        ({}, False),
        ({"EMARKETING": ("61F", "WEBFORM")}, False),
        ({"EMARKETING": ("61A", "USER")}, False),
        ({"EMARKETING": ("WITHDRAWN", "WEBFORM")}, False),
        ({"STORE": ("61A", "WEBFORM")}, False),
        (TICKED, True),
        ({"EMARKETING": ("61A", "CUSTOMERPORTAL")}, True),
    ],
)
def test_a_tick_is_a_consent_that_the_form_wrote(ask: Any, consents: Any, truth: bool) -> None:
    assert ask(Evidence, {"tick": "EMARKETING"}, consents=consents) is truth


def test_wording_is_that_of_the_ticked_purpose(ask: Any, look: Any) -> None:
    evidence = {"tick": ["NEWSLETTER", "EMARKETING"], "wording": "present"}

    assert ask(Evidence, evidence, consents=TICKED) is False
    assert ask(Evidence, evidence, consents=TICKED, wordings=frozenset({"NEWSLETTER"})) is False
    assert ask(Evidence, evidence, consents=TICKED, wordings=WORDED) is True
    assert look(Evidence, evidence, consents=TICKED, wordings=WORDED) == {
        "NEWSLETTER": "no consent, no wording",
        "EMARKETING": "61A/WEBFORM, with wording",
    }


def test_what_nobody_knows_yet_is_neither_true_nor_false(ask: Any) -> None:
    assert ask(Evidence, {"sale": "present", "objection_offered": True}) is None
    assert ask(Evidence, {"sale": "present", "tick": "EMARKETING"}, consents=TICKED) is None
    assert ask(Evidence, {"sale": "present", "tick": "EMARKETING"}) is False


def test_evidence_names_its_purposes() -> None:
    assert list(Evidence.model_validate({"tick": "STORE"}).references()) == [Reference("purpose", "STORE")]
    assert Evidence.unknown == {"sale", "objection_offered"}
