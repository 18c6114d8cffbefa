"""Draws manifests whose rules meet, cover and miss each other, and persons who tell them apart."""

from __future__ import annotations

import json
from datetime import date
from random import Random
from typing import Any

from hypothesis import strategies as st

from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.rules.reach.together import possible
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.sdk import UNKNOWN, Condition, CreatorWord, EventWord, Facts, Ground, Predicate

HEAD = """\
manifest: 1
name: drawn
jurisdiction: {home: DK}
languages: {enabled: [da, en], fallback: en}
sources:
  WEBFORM: {type: digital, article: 13}
  CARD: {type: manual, article: 13}
  API: {type: system, article: 14}
legal_bases: [61A, 61B, 61F, WITHDRAWN]
purposes:
  STORE: {allowed: [61A, 61B, 61F]}
  EMARKETING: {allowed: [61A, 61F]}
mails:
  notice: {template: one, version: 1}
  other: {template: two, version: 1}
rules:
"""


class Closed(Condition[str]):
    """A partner's word that doesn't say what it looks at: whether the person has changed this column."""

    word = "closed"

    def prepare(self, _ground: Ground, /) -> Predicate:
        column = self.root
        return Predicate(lambda facts: column in facts.changed, lambda facts: facts.changed)


WORDS: Words = (*PRODUCT_WORDS, Closed)

CREATORS: tuple[CreatorWord, ...] = ("form", "us", "user")
EVENTS: tuple[EventWord, ...] = ("created", "changed", "none")
PURPOSES = ["STORE", "EMARKETING"]


def some(*values: object) -> st.SearchStrategy[Any]:
    """Draw one of the values, or a list of some."""
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "event": some(*EVENTS),
    "changed": some("title", "country_id"),
    "creator": some(*CREATORS),
    "form": st.fixed_dictionaries({"key": some("signup", "contact")}),
    "source": some("WEBFORM", "CARD", "API"),
    "country": some("DK", "DE", "US"),
    "category": some("Customer", "Prospect"),
    "business": some("Sole trader"),
    "position": some("Boss"),
    "language": some("da", "no", "nb", "en"),
    "company": st.fixed_dictionaries({"is_owner": st.booleans()}),
    "retired": st.booleans(),
    "is_associate": st.booleans(),
    "has_email": st.booleans(),
    "email_domain": some("a.example", "B.example"),
    "age_below": st.sampled_from([13, 18, "country_digital_age"]),
    "evidence": st.fixed_dictionaries(
        {"tick": some(*PURPOSES)},
        optional={"wording": st.just("present"), "sale": st.just("present")},
    ),
    "person_field": st.fixed_dictionaries(
        {},
        optional={
            "T:text": some("Red", "blue") | st.sampled_from([{"given": True}, {"given": False}]),
            "T:number": some(3, 5, "4.5")
            | st.sampled_from([{"from": 3}, {"to": 5}, {"from": 3, "to": "4.5"}]),
            "T:box": st.booleans(),
        },
    ).filter(bool),
    "company_field": st.fixed_dictionaries(
        {
            "T:day": some("2026-01-01", "2026-06-30")
            | st.sampled_from([{"from": "2026-01-01"}, {"to": "2026-06-30"}])
        },
        optional={"T:item": some("One", "Two")},
    ),
}


def conditions(*words: str) -> st.SearchStrategy[Any]:
    """Draw conditions of one to three of the words."""
    arguments = {word: ARGUMENTS[word] for word in words} if words else ARGUMENTS
    one = st.sampled_from(sorted(arguments)).flatmap(
        lambda word: arguments[word].map(lambda argument: {word: argument})
    )
    return st.lists(one, min_size=1, max_size=2).map(
        lambda found: {k: v for each in found for k, v in each.items()}
    )


def whens(*words: str) -> st.SearchStrategy[Any]:
    """Draw a `when`, seldom `always`."""
    plain = conditions(*words)
    nested = st.recursive(
        plain,
        lambda inner: st.one_of(
            inner.map(lambda one: {"not": one}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"all": parts}),
        ),
        max_leaves=4,
    )
    return st.one_of(plain, nested, nested, st.just("always"))


OUTCOMES = st.sampled_from([{"basis": "61A"}, {"basis": "61F"}, "keep", "deny", "review", "none"])
GIVES = st.one_of(
    st.sampled_from(["none", "review"]),
    st.fixed_dictionaries({}, optional=dict.fromkeys(PURPOSES, OUTCOMES)).filter(bool),
)


def rules(*words: str, most: int = 6) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Draw the rules of a manifest."""
    rule = st.fixed_dictionaries(
        {"when": whens(*words), "give": GIVES, "because": st.just("drawn")},
        optional={"tell": st.sampled_from(["notice", "other"])},
    )
    return st.lists(rule, min_size=1, max_size=most).map(
        lambda drawn: [{"id": f"r{at}", **one} for at, one in enumerate(drawn)]
    )


def text_of(drawn: list[dict[str, Any]]) -> str:
    """Write rules as the text of a manifest."""
    return HEAD + "".join(f"  - {json.dumps(one)}\n" for one in drawn)


def active(drawn: list[dict[str, Any]], words: Words = WORDS) -> ActiveManifest:
    """Make drawn rules ready."""
    return resolve_alone(parse(text_of(drawn).encode(), "drawn.yaml", words))


FIELDS: dict[str, list[Any]] = {
    "person/T:text": [None, "RED", "blue", "green"],
    "person/T:number": [0, 3, 3.5, 4.5, 5, 6],
    "person/T:box": [False, True],
    "company/T:day": [None, date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1)],
    "company/T:item": [None, 1, 2, 3],
}


def crowd(seed: int, size: int) -> list[Facts]:
    """Make persons up who can be; the same for the same seed."""
    dice = Random(seed)
    return [_person(dice) for _ in range(size)]


def _person(dice: Random) -> Facts:
    country: Any = dice.choice([UNKNOWN, "DK", "DE", "NO", "US", "FR"])
    language: Any = dice.choice([UNKNOWN, "da", "no", "nb", "en", "fi"])
    age: Any = dice.choice([UNKNOWN, 0, 12, 13, 14, 15, 17, 18, 40])

    def some_of(values: list[str]) -> frozenset[str]:
        return frozenset(one for one in values if dice.random() < 0.5)

    rows = {
        purpose: (dice.choice(["61A", "61A", "61F", "WITHDRAWN"]), dice.choice(["WEBFORM", "CARD", "API"]))
        for purpose in some_of(PURPOSES)
    }
    form = dice.choice([None, "signup", "third"])
    domain = dice.choice([None, "a.example", "b.example", "c.example"])
    facts = Facts(
        event=dice.choice(EVENTS),
        changed=some_of(["Title", "country_id", "closed"]),
        creator="form" if form else dice.choice([*CREATORS, UNKNOWN]),
        form=form,
        source=rows["STORE"][1] if "STORE" in rows else None,
        country=country,
        category_id=dice.randrange(4),
        business_id=dice.randrange(3),
        position_id=dice.randrange(3),
        language=language,
        company_is_owner=dice.random() < 0.5,
        retired=dice.random() < 0.5,
        is_associate=dice.random() < 0.5,
        has_email=domain is not None or dice.random() < 0.5,
        email_domain=domain,
        age=age,
        consents=rows,
        wordings=some_of(PURPOSES),
        fields={key: dice.choice(values) for key, values in FIELDS.items() if dice.random() < 0.8},
    )
    assert possible(facts)
    return facts
