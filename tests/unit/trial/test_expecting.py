# ruff: noqa: E501  # a test of rules stands on one line
from __future__ import annotations

from collections.abc import Callable

import pytest

Told = Callable[..., list[str]]
CARD = "person: {country: DK, source: CARD}\n"
RIGHT = (
    "expect: {give: {STORE: {basis: 61F, source: CARD, until: 2027-03-02}, EMARKETING: deny}, tell: notice}\n"
)


def test_all_that_is_named_and_nothing_else_is_right(told: Told) -> None:
    assert told(CARD + RIGHT) == []


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ("{give: {EMARKETING: deny}, tell: notice}", "STORE: nothing | 61F/CARD until 2027-03-02T09:00 by card"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02}}, tell: notice}", "EMARKETING: nothing | deny by card"),
        ("{give: {STORE: {basis: 61B, until: 2027-03-02}, EMARKETING: deny}, tell: notice}", "STORE: 61B until 2027-03-02 | 61F/CARD until 2027-03-02T09:00 by card"),
        ("{give: {STORE: {basis: 61F, source: API, until: 2027-03-02}, EMARKETING: deny}, tell: notice}", "STORE: 61F/API until 2027-03-02 | 61F/CARD until 2027-03-02T09:00 by card"),
        ("{give: {STORE: 61F/CARD, EMARKETING: deny}, tell: notice}", "STORE: 61F/CARD without end | 61F/CARD until 2027-03-02T09:00 by card"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-03}, EMARKETING: deny}, tell: notice}", "STORE: 61F until 2027-03-03 | 61F/CARD until 2027-03-02T09:00 by card"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02T09:01}, EMARKETING: deny}, tell: notice}", "STORE: 61F until 2027-03-02T09:01 | 61F/CARD until 2027-03-02T09:00 by card"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02, rule: form}, EMARKETING: deny}, tell: notice}", "STORE: 61F until 2027-03-02 by form | 61F/CARD until 2027-03-02T09:00 by card"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02, left: human}, EMARKETING: deny}, tell: notice}", "STORE: 61F until 2027-03-02, left (human) | 61F/CARD until 2027-03-02T09:00 by card"),
        ("{give: {STORE: review, EMARKETING: deny}, tell: notice}", "STORE: review | 61F/CARD until 2027-03-02T09:00 by card"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02}, EMARKETING: keep}, tell: notice}", "EMARKETING: keep | deny by card"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02}, EMARKETING: {outcome: deny, rule: rest}}, tell: notice}", "EMARKETING: deny by rest | deny by card"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02}, EMARKETING: 61A}, tell: notice}", "EMARKETING: 61A without end | deny by card"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02}, EMARKETING: deny}}", "mail: none | notice"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02}, EMARKETING: deny}, tell: again}", "mail: again | notice"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02}, EMARKETING: deny}, no_mail: bounced}", "mail: none (bounced) | notice"),
        ("{give: {STORE: {basis: 61F, until: 2027-03-02}, EMARKETING: deny}, tell: notice, language: nb}", "language: nb | da"),
    ],
)  # fmt: skip
def test_whatever_comes_out_otherwise_is_told(told: Told, expect: str, difference: str) -> None:
    assert told(f"{CARD}expect: {expect}\n") == [difference]


def test_one_rule_for_all_of_give_is_looked_at(told: Told) -> None:
    assert told(CARD + RIGHT.replace("tell:", "rule: card, tell:")) == []
    assert told(CARD + RIGHT.replace("tell:", "rule: rest, tell:")) == [
        "STORE: 61F/CARD until 2027-03-02 by rest | 61F/CARD until 2027-03-02T09:00 by card",
        "EMARKETING: deny by rest | deny by card",
    ]


def test_a_word_for_every_purpose_is_one_for_each(told: Told) -> None:
    staff = "person: {source: CARD, is_associate: true}\n"

    assert told(f"{staff}expect: {{give: none, no_mail: rule_gives_none}}\n") == []
    assert told(f"{staff}expect: {{give: deny}}\n") == [
        "STORE: deny | none by staff",
        "EMARKETING: deny | none by staff",
    ]


def test_what_is_not_decided_is_told_with_why(told: Told) -> None:
    test = "person: {source: WEBFORM, consents: {EMARKETING: WITHDRAWN/API}}\nexpect: {give: {STORE: 61F/API, EMARKETING: keep}, tell: notice}\n"

    assert told(test) == ["EMARKETING: keep | withdrawn, so not decided"]
    assert told(test.replace("EMARKETING: W", "STORE: W").replace("source: WEBFORM, ", "")) == [
        "STORE: 61F/API without end | withdrawn, so not decided",
        "EMARKETING: keep | not decided",
        "mail: notice | none (store_withdrawn)",
    ]


def test_the_end_of_a_month_is_the_calendars(told: Told) -> None:
    leap = "at: 2027-02-28T23:59:59\n"

    assert told(CARD + leap + RIGHT.replace("2027-03-02", "2028-02-28")) == []
    assert told(CARD + leap + RIGHT.replace("2027-03-02", "2028-02-28T23:59:59")) == []


def test_an_end_at_midnight_is_told_as_a_day(told: Told) -> None:
    assert told(CARD + "at: 2026-03-02\nexpect: {give: {EMARKETING: deny}, tell: notice}\n") == [
        "STORE: nothing | 61F/CARD until 2027-03-02 by card"
    ]
