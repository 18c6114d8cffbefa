"""The twelve persons of the demo as facts, with the rulings that were written by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from so_privacy_ext.model import Decision, Outcome, TenantLists
from so_privacy_ext.rules.activation import ActiveManifest, resolve
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.sdk import Facts

GIVE, KEEP, DENY, REVIEW, NONE = Outcome.GIVE, Outcome.KEEP, Outcome.DENY, Outcome.REVIEW, Outcome.NONE


class Expected(NamedTuple):
    purpose: str
    outcome: Outcome
    rule: str
    basis: str | None = None
    source: str | None = None
    expires: str | None = None


class Person(NamedTuple):
    name: str
    facts: dict[str, Any]
    decisions: list[Expected]
    tell: str | None
    article: int
    withdrawn: tuple[str, ...] = ()
    gives_none: bool = False


def standing(source: str, basis: str = "61B", **more: tuple[str, str]) -> dict[str, Any]:
    return {"source": source, "consents": {"STORE": (basis, source), **more}}


PERSONS = [
    Person(
        "1 Anna",
        {"country": "DK", "creator": "form", "form": "contact", **standing("WEBFORM")},
        [Expected("STORE", GIVE, "web-plain", "61F", "WEBFORM")],
        "notice13",
        13,
    ),
    Person(
        "2 Bjørn",
        {"country": "NO", **standing("CHAT")},
        [Expected("STORE", GIVE, "web-plain", "61F", "CHAT")],
        "notice13",
        13,
    ),
    Person(
        "3 Cecilia",
        {"country": "SE", **standing("EMAIL")},
        [Expected("STORE", GIVE, "web-plain", "61F", "EMAIL")],
        "notice13",
        13,
    ),
    Person(
        "4 Dieter",
        {"country": "DE", "creator": "user", **standing("CARD")},
        [Expected("STORE", GIVE, "met-in-person", "61F", "CARD")],
        "notice13",
        13,
    ),
    Person(
        "5 Emma",
        {"country": "DK", "creator": "user", **standing("IMPORT")},
        [
            Expected("STORE", GIVE, "bought-or-referred", "61F", "IMPORT", "P12M"),
            Expected("EMARKETING", DENY, "bought-or-referred"),
        ],
        "notice14",
        14,
    ),
    Person(
        "6 Frode",
        {"country": "NO", "creator": "integration", **standing("VENDOR")},
        [
            Expected("STORE", GIVE, "bought-or-referred", "61F", "VENDOR", "P12M"),
            Expected("EMARKETING", DENY, "bought-or-referred"),
        ],
        "notice14",
        14,
    ),
    Person(
        "7 Gitte",
        {"country": "DK", "creator": "erp", **standing("ERP")},
        [
            Expected("STORE", GIVE, "erp", "61F", "ERP"),
            Expected("ACCOUNTING", GIVE, "erp", "61C", "ERP"),
        ],
        "notice14",
        14,
    ),
    Person(
        "8 Hanna",
        {
            "country": "SE",
            "creator": "form",
            "form": "contact",
            **standing("WEBFORM", EMARKETING=("61A", "WEBFORM")),
        },
        [Expected("STORE", GIVE, "web-tick", "61F", "WEBFORM"), Expected("EMARKETING", KEEP, "web-tick")],
        "notice13",
        13,
    ),
    Person(
        "9 Ivan",
        {"country": "DK", "company_is_owner": True, "is_associate": True, **standing("USER")},
        [
            Expected(one, NONE, "own-staff")
            for one in [
                "STORE",
                "ACCOUNTING",
                "EMARKETING",
                "EVENTINVITE",
                "EVENTRUN",
                "NEWSLETTER",
                "RECRUIT",
            ]
        ],
        None,
        13,
        gives_none=True,
    ),
    Person(
        "10 Jonas",
        {"country": "DK", "age": 14, "creator": "form", "form": "contact", **standing("WEBFORM")},
        [Expected("STORE", REVIEW, "minor"), Expected("EMARKETING", DENY, "minor")],
        None,
        13,
    ),
    Person(
        "11 Karin",
        {"country": "SE", "has_email": False, "email_domain": None, **standing("FAIR")},
        [Expected("STORE", GIVE, "met-in-person", "61F", "FAIR")],
        "notice13",
        13,
    ),
    Person(
        "12 Lars",
        {"event": "changed", "changed": frozenset({"title"}), "country": "DK"}
        | standing("WEBFORM", "61F", EMARKETING=("WITHDRAWN", "CUSTOMERPORTAL")),
        [Expected("STORE", GIVE, "web-plain", "61F", "WEBFORM")],
        "notice13",
        13,
        withdrawn=("EMARKETING",),
    ),
]

ANYBODY = Facts(
    event="created",
    creator="user",
    has_email=True,
    email_domain="example.com",
    wordings=frozenset({"EMARKETING"}),
)


@pytest.fixture
def active(nordic: Manifest, lists: TenantLists) -> ActiveManifest:
    return resolve(nordic, lists)


@pytest.mark.parametrize("person", PERSONS, ids=lambda person: person.name)
def test_each_person_is_ruled_on_as_written_by_hand(person: Person, active: ActiveManifest) -> None:
    facts = replace(ANYBODY, **person.facts)

    ruling = decide(facts, active)

    assert [Expected(*_told(one)) for one in ruling.decisions] == person.decisions
    assert ruling.tell == person.tell
    assert ruling.gives_none == person.gives_none
    assert ruling.withdrawn == person.withdrawn
    assert ruling.digest == active.digest
    assert active.article_of(facts.source) == person.article
    assert all(one.because for one in ruling.decisions)


def _told(one: Decision) -> tuple[str, Outcome, str, str | None, str | None, str | None]:
    return one.purpose, one.outcome, one.rule_id, one.basis, one.source, one.expires


def test_whoever_came_in_no_known_way_waits_for_a_human(active: ActiveManifest) -> None:
    ruling = decide(ANYBODY, active)

    assert [_told(one)[:3] for one in ruling.decisions] == [("STORE", REVIEW, "catch-all")]
    assert ruling.tell is None


def test_an_event_guest_is_decided_by_two_rules(active: ActiveManifest) -> None:
    ruling = decide(replace(ANYBODY, form="event-signup", **standing("WEBFORM")), active)

    assert [_told(one)[:3] for one in ruling.decisions] == [
        ("STORE", GIVE, "web-plain"),
        ("EVENTRUN", GIVE, "event-guest"),
    ]
    assert ruling.decisions[1].expires == "P6M"
    assert ruling.tell == "notice13"


def test_an_applicant_is_no_sales_contact(active: ActiveManifest) -> None:
    ruling = decide(replace(ANYBODY, **standing("JOBAPPLY")), active)

    assert [_told(one)[:3] for one in ruling.decisions] == [
        ("STORE", DENY, "applicant"),
        ("EMARKETING", DENY, "applicant"),
        ("RECRUIT", GIVE, "applicant"),
    ]
