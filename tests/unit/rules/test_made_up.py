# ruff: noqa: E501  # a message stands on one line, as its reader sees it
from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from so_privacy_ext.model import FieldKind, TenantLists, UserField
from so_privacy_ext.rules.alone import resolve_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.made_up import MadeUpInvalid, facts_from
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.person_words import MadeUp
from so_privacy_ext.sdk import UNKNOWN, Facts


def test_of_whom_nothing_is_said_nothing_is_known_but_that_she_has_an_address(nordic: Manifest) -> None:
    assert facts_from({}, nordic) == Facts(has_email=True)


def test_every_fact_has_its_words(nordic: Manifest) -> None:
    words = set(MadeUp.model_fields) - {"company", "person_field", "company_field"}
    words |= {"company_is_owner", "fields"}
    of_plugins = {"further", "answers", "proposed"}  # these are asked for, not made up
    facts = {one.name.removesuffix("_id") for one in fields(Facts)} - of_plugins

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


@pytest.fixture
def asking(small: Callable[[str], str]) -> Manifest:
    when = (
        "{person_field: {Level: [Gold, Silver], Visits: {from: 2}, Wants news: true},"
        " company_field: {Acme.Crm.Ends: {to: 2026-12-31}, Note: {given: true}, Since: 2020-01-01, Size: {from: 1}}}"
    )
    return parse(small(f"  - {{id: a, when: {when}, give: none, because: x}}\n").encode(), "m.yaml")


def test_what_is_not_said_of_a_user_defined_field_is_that_it_is_empty(asking: Manifest) -> None:
    assert facts_from({}, asking).fields == {
        "person/Level": None,
        "person/Visits": 0,
        "person/Wants news": False,
        "company/Acme.Crm.Ends": None,
        "company/Note": None,
        "company/Since": None,
        "company/Size": 0,
    }


def test_a_user_defined_field_is_said_as_in_a_file_or_as_at_a_terminal(asking: Manifest) -> None:
    in_a_file = {
        "person_field": {"Level": "Gold", "Visits": 3, "Wants news": True},
        "company_field": {"Acme.Crm.Ends": "2026-01-01", "Note": "x", "Since": "2020-01-01", "Size": 2},
    }
    at_a_terminal = {
        "person_field.Level": "gold",
        "person_field.Visits": "3",
        "person_field.Wants news": "true",
        "company_field.Acme.Crm.Ends": "2026-01-01",
        "company_field.Note": "x",
        "company_field.Since": "2020-01-01",
        "company_field.Size": "2",
    }
    (decision, *_) = decide(facts_from(in_a_file, asking), resolve_alone(asking)).decisions

    assert facts_from(in_a_file, asking) == facts_from(at_a_terminal, asking)
    assert decision.rule_id == "a"


@pytest.mark.parametrize(
    ("word", "value", "said"),
    [
        ("person_field.Levels", "Gold", "person_field: there is not one field `Levels` of a person here; did you mean `Level`? allowed: Level, Visits, Wants news"),
        ("person_field.Visits", "often", 'person_field: `Visits` holds a number, not `often`; write a number, one with decimals in quotes: 12 or "1.5"'),
        ("person_field.Wants news", "maybe", "person_field: `Wants news` holds a checkbox, not `maybe`; write true or false"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_there_and_what_it_can_not_hold(
    asking: Manifest, word: str, value: str, said: str
) -> None:
    with pytest.raises(MadeUpInvalid) as refused:
        facts_from({word: value}, asking)

    assert str(refused.value) == f"made_up_person: {said}"


def test_a_field_of_the_tenant_may_be_said_by_its_label(asking: Manifest, lists: TenantLists) -> None:
    level = UserField("person", "SuperOffice:5", "Level", FieldKind.ITEM, "", {7: "Gold"})

    assert facts_from({"person_field.Level": "Gold"}, asking, replace(lists, fields=(level,))).fields == {
        "person/SuperOffice:5": 7
    }
