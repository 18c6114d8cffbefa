# ruff: noqa: E501  # a message stands on one line, as its reader sees it
from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from so_privacy_ext.model import TenantLists
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.made_up import MadeUpInvalid, facts_from
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.person_words import MadeUp
from so_privacy_ext.sdk import UNKNOWN, Facts


def test_of_whom_nothing_is_said_nothing_is_known_but_that_she_has_an_address(nordic: Manifest) -> None:
    assert facts_from({}, nordic) == Facts(has_email=True)


def test_every_fact_has_its_words(nordic: Manifest) -> None:
    words = set(MadeUp.model_fields) - {"company"} | {"company_is_owner"}
    facts = {one.name.removesuffix("_id") for one in fields(Facts)}

    assert words == facts


def test_words_become_facts(nordic: Manifest) -> None:
    words = {
        "event": "changed",
        "changed": ["title"],
        "creator": "form",
        "form": {"key": "contact"},
        "source": "WEBFORM",
        "country": "DK",
        "category": "Customer",
        "business": "Sole trader",
        "language": "no",
        "company": {"is_owner": True},
        "retired": True,
        "is_associate": True,
        "email_domain": "Example.COM",
        "age": 14,
        "consents": {"EMARKETING": "61A/CUSTOMERPORTAL", "RECRUIT": {"basis": "61B"}},
        "wordings": "EMARKETING",
    }

    assert facts_from(words, nordic) == Facts(
        event="changed",
        changed=frozenset({"title"}),
        creator="form",
        form="contact",
        source="WEBFORM",
        country="DK",
        category_id=1,
        business_id=1,
        language="nb",
        company_is_owner=True,
        retired=True,
        is_associate=True,
        has_email=True,
        email_domain="example.com",
        age=14,
        consents={
            "STORE": ("61F", "WEBFORM"),
            "EMARKETING": ("61A", "CUSTOMERPORTAL"),
            "RECRUIT": ("61B", "WEBFORM"),
        },
        wordings=frozenset({"EMARKETING"}),
    )


def test_texts_of_a_terminal_or_a_form_are_read(nordic: Manifest) -> None:
    words = {
        "is_associate": "true",
        "has_email": "false",
        "company.is_owner": "false",
        "form.key": "contact",
        "age": "14",
        "changed": "title, country_id",
        "consents.STORE": "61B/CARD",
        "consents.EMARKETING.basis": "WITHDRAWN",
        "consents.EMARKETING.by": "person",
    }

    facts = facts_from(words, nordic)

    assert (facts.is_associate, facts.has_email, facts.company_is_owner) == (True, False, False)
    assert (facts.form, facts.age) == ("contact", 14)
    assert facts.changed == {"title", "country_id"}
    assert facts.consents == {"STORE": ("61B", "CARD"), "EMARKETING": ("WITHDRAWN", "API")}
    assert facts.source == "CARD"


@pytest.mark.parametrize("word", ["country", "language", "age", "creator"])
def test_what_may_be_unknown_can_be_said_to_be(nordic: Manifest, word: str) -> None:
    assert getattr(facts_from({word: "unknown"}, nordic), word) is UNKNOWN


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"contry": "DK"}, "contry: `contry` is no key here; did you mean `country`?"),
        ({"source": "CARDS"}, "source: the manifest has no source `CARDS`; did you mean `CARD`?"),
        ({"country": "dk"}, "country: found `dk`; allowed: a country's two capital letters of ISO 3166, such as `DK`, or `unknown`"),
        ({"age": "old"}, "age: found `old`; allowed: unknown, a whole number"),
        ({"age": "99999"}, "age: found the number `9999`; allowed: unknown, a whole number"),
        ({"category": "Custmer"}, "category: there is not one category `Custmer` here; did you mean `Customer`?"),
        ({"position": "Boss"}, "position: there is not one position `Boss` here; there is none that could stand here; leave it out for any other"),
        ({"retired": "yes"}, "retired: found `yes`; allowed: true or false"),
        ({"event": "create"}, "event: found `create`; did you mean `created`?"),
        ({"creator": "use"}, "creator: found `use`; did you mean `user`?"),
        ({"consents": {"EMARKTING": "61A/API"}}, "consents: the manifest has no purpose `EMARKTING`; did you mean `EMARKETING`?"),
        ({"consents.STORE": "61Z/API"}, "consents: the manifest has no legal basis `61Z`; did you mean `61F`?"),
        ({"consents.STORE": "61F/APY"}, "consents: the manifest has no source `APY`; did you mean `API`?"),
        ({"consents.STORE": "61F, API"}, "consents: found `61F, API`; allowed: a basis and the source it came by, such as `61B/CARD`"),
        ({"consents.STORE": {"basis": "61F", "by": "hum"}}, "consents: found `hum`; did you mean `human`?"),
        ({"wordings": ["STOR"]}, "wordings: the manifest has no purpose `STOR`; did you mean `STORE`?"),
        ({"source": "CARD", "consents": {"STORE": "61F/FAIR"}}, "consents: `source` says `CARD`, the STORE row `FAIR`; they are the same; leave one of them out"),
        ({"has_email": False, "email_domain": "example.com"}, "email_domain: a domain without an address; leave one of them out"),
        ({"company": True}, "company: found `true`; allowed: a mapping with the keys is_owner"),
        ({"company": "x", "company.is_owner": "true"}, "company: found `x`; allowed: a mapping with the keys is_owner"),
        ({"source": None}, "source: found nothing; allowed: the key of a source: that of her STORE row"),
        ({"source": ["CARD"]}, "source: found a list; allowed: the key of a source"),
    ],
)  # fmt: skip
def test_words_that_make_no_person_are_named_with_what_was_meant(
    nordic: Manifest, words: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(MadeUpInvalid) as refused:
        facts_from(words, nordic)

    assert str(refused.value).startswith(f"made_up_person: {complaint}")


def test_all_that_is_wrong_is_said_at_once(nordic: Manifest) -> None:
    with pytest.raises(MadeUpInvalid) as refused:
        facts_from({"country": "Denmark", "age": 14, "retired": "no"}, nordic)

    assert [one.column for one in refused.value.findings] == [1, 3]
    assert "retired: found `no`" in str(refused.value)


def test_list_items_may_be_those_of_a_tenant(nordic: Manifest, lists: TenantLists) -> None:
    assert facts_from({"category": "Leverandør", "position": "Direktør"}, nordic, lists) == Facts(
        has_email=True, category_id=53, position_id=71
    )


def test_a_made_up_person_meets_the_rules(nordic: Manifest) -> None:
    ruling = decide(facts_from({"country": "DK", "source": "CARD"}, nordic), resolve_alone(nordic))

    assert [(one.purpose, one.basis, one.source) for one in ruling.decisions] == [("STORE", "61F", "CARD")]
