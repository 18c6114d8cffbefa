from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from so_privacy_ext.model import FieldKind, TenantLists, UserField
from so_privacy_ext.rules.alone import lists_alone, resolve_alone
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.made_up import facts_from
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.tree import read
from so_privacy_ext.sdk import Facts
from so_privacy_ext.trial.words import NORMAL, flow, person_words, plainest
from tests.unit.rules.random_manifests import crowd
from tests.unit.trial.conftest import PUBLISHED


@pytest.fixture(scope="module")
def nordic() -> Manifest:
    return parse((PUBLISHED / "nordic-b2b.yaml").read_bytes(), "nordic-b2b.yaml")


FULL = Facts(
    event="created",
    creator="form",
    form="contact",
    source="WEBFORM",
    country="NO",
    category_id=1,
    business_id=1,
    language="nb",
    company_is_owner=True,
    retired=True,
    is_associate=True,
    has_email=True,
    email_domain="example.com",
    age=14,
    consents={"STORE": ("61B", "WEBFORM"), "EMARKETING": ("61A", "WEBFORM")},
    wordings=frozenset({"EMARKETING"}),
)


def test_a_person_is_written_in_words_that_make_her_again(nordic: Manifest) -> None:
    words = person_words(FULL, lists_alone(nordic))

    assert replace(facts_from(words, nordic), event="created") == FULL
    assert flow(words).startswith('{country: "NO", language: nb, age: 14, creator: form, source: WEBFORM')


def test_of_whom_nothing_is_said_there_are_no_words(nordic: Manifest) -> None:
    assert person_words(NORMAL, lists_alone(nordic)) == {}


def test_what_the_manifest_has_no_name_for_is_written_as_unknown_or_left_out(nordic: Manifest) -> None:
    stranger = replace(NORMAL, source="OTHER", category_id=99, consents={"STORE": ("61F", "OTHER")})

    assert person_words(stranger, lists_alone(nordic)) == {"source": "UNKNOWN"}


def test_user_defined_fields_are_written_by_their_names(nordic: Manifest) -> None:
    fields = (
        UserField("person", "T:1", "Level", FieldKind.TEXT, column="a"),
        UserField("person", "T:2", "Points", FieldKind.NUMBER, column="b"),
        UserField("person", "T:3", "Since", FieldKind.DAY, column="c"),
        UserField("company", "T:4", "Kind", FieldKind.ITEM, column="d", items={7: 'US:"Big";DA:"Stor"'}),
        UserField("company", "T:5", "Partner", FieldKind.CHECKBOX, column="e"),
    )
    lists: TenantLists = replace(lists_alone(nordic), fields=fields)
    values: list[Any] = ["vip", 1.5, date(2026, 1, 31), 7, False]
    facts = replace(NORMAL, fields={one.key: value for one, value in zip(fields, values, strict=True)})

    words = person_words(facts, lists)
    assert words == {
        "person_field": {"T:1": "vip", "T:2": "1.5", "T:3": "2026-01-31"},
        "company_field": {"T:4": "Big"},
    }
    assert facts_from(words, nordic, lists).fields == facts.fields


@pytest.mark.parametrize(
    "value",
    [
        *("DK", "NO", "no", "61F", "61E1", "61F/CARD", "", "two words"),
        *("2026-01-31", "x: y", "1.5", "Ærø", '"', "-", "true"),
    ],
)
def test_texts_are_quoted_where_a_reader_might_see_something_else(value: str) -> None:
    node, found = read(f"a: {flow(value)}\n")

    assert found == []
    assert node.plain() == {"a": value}
    assert flow(value) in {value, json.dumps(value, ensure_ascii=False)}


def test_values_are_written_on_one_line() -> None:
    assert flow({"a": [1, True, "x"], "b": {}}) == "{a: [1, true, x], b: {}}"


def test_a_person_is_made_as_plain_as_can_be(nordic: Manifest) -> None:
    active = resolve_alone(nordic)
    for person in crowd(7, 40):
        ruling = decide(person, active)

        def same(one: Facts) -> bool:
            return decide(one, active) == ruling  # noqa: B023  # asked at once

        plainer = plainest(person, same)
        assert same(plainer)
        assert plainest(plainer, same) == plainer or same(plainest(plainer, same))
