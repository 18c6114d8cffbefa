# ruff: noqa: E501  # a message or a rule stands on one line, as its reader sees it
"""Conditions on user-defined fields, of every kind and with every form of test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from so_privacy_ext.model import FieldKind, FieldValue, TenantLists, UserField
from so_privacy_ext.rules.activation import ActiveManifest, resolve, resolve_what_stands
from so_privacy_ext.rules.explain import explain
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.words.fields import CompanyField, PersonField
from so_privacy_ext.sdk import Facts, Ground, Reference, Truth

LEVELS = {801: 'US:"Gold";DA:"Guld"', 802: "Silver", 803: "Twice", 804: "Twice"}
FIELDS = (
    UserField("person", "SuperOffice:1", "Note:", FieldKind.TEXT, "userdef_id.string05"),
    UserField("person", "SuperOffice:2", "Visits", FieldKind.NUMBER, "userdef_id.long05"),
    UserField("person", "SuperOffice:3", 'US:"Ends";DA:"Slutter"', FieldKind.DAY, "userdef_id.long06"),
    UserField("person", "SuperOffice:4", "Wants news", FieldKind.CHECKBOX, "userdef_id.long07"),
    UserField("person", "SuperOffice:5", "Level", FieldKind.ITEM, "userdef_id.long08", LEVELS),
    UserField("company", "Acme.Crm.Turnover", "Turnover", FieldKind.NUMBER, "userdef_id.double05"),
    UserField("company", "SuperOffice:1", "Twin", FieldKind.TEXT, "userdef_id.string05"),
    UserField("company", "SuperOffice:2", "Twin", FieldKind.TEXT, "userdef_id.string06"),
)
NAMES = {"note": 0, "visits": 1, "ends": 2, "news": 3, "level": 4, "turnover": 5}


@pytest.fixture
def lists(lists: TenantLists) -> TenantLists:
    return replace(lists, fields=FIELDS)


def holds(name: str, test: object, *values: FieldValue) -> Truth:
    """Tell whether a test holds for a person with this value; without one, the field was not read."""
    field = FIELDS[NAMES[name]]
    word = PersonField if field.owner == "person" else CompanyField
    ground = Ground("DK", "en", ids={}, fields={Reference(word.kind, name): field})
    return (
        word.model_validate({name: test})
        .prepare(ground)
        .truth(Facts(fields=dict.fromkeys([field.key], values[0]) if values else {}))
    )


@pytest.mark.parametrize(
    ("name", "test", "yes", "no"),
    [
        ("note", "VIP", ["VIP", "vip ", "Vip"], ["VIPS", "", None]),
        ("note", ["a", "b"], ["A", "b"], ["c", None]),
        ("note", {"given": True}, ["x"], [None]),
        ("note", {"given": False}, [None], ["x"]),
        ("visits", 3, [3, 3.0], [0, 4]),
        ("visits", "1.5", [1.5], [1, 2]),
        ("visits", {"from": 2, "to": 4}, [2, 3, 4], [1, 5, 0]),
        ("visits", {"from": "-1.5"}, [-1.5, 0], [-2]),
        ("visits", {"to": 0}, [0, -1], [1]),
        ("ends", "2026-12-31", [date(2026, 12, 31)], [date(2027, 1, 1), None]),
        ("ends", {"from": "2026-01-01"}, [date(2026, 1, 1), date(2030, 1, 1)], [date(2025, 12, 31), None]),
        ("ends", {"given": False}, [None], [date(2026, 1, 1)]),
        ("news", True, [True], [False, None]),
        ("news", False, [False], [True]),
        ("level", "Gold", [801], [802, 0, None]),
        ("level", ["guld", "Guld", "Silver"], [801, 802], [803]),
        ("turnover", {"from": 1000000}, [1e6, 2_000_000.5], [999_999.99, None]),
    ],
)
def test_what_a_field_must_hold(name: str, test: Any, yes: list[Any], no: list[Any]) -> None:
    lost = name == "level" and "guld" in test  # `guld` is another spelling than the list's, so it is lost
    assert [holds(name, test, one) for one in yes] == [True] * len(yes)
    assert [holds(name, test, one) for one in no] == [None if lost else False] * len(no)
    assert holds(name, test) is None  # what nobody has read is unknown


@pytest.mark.parametrize(
    "argument",
    [
        {},
        "x",
        [],
        {"": 1},
        {"a": None},
        {"a": []},
        {"a": {}},
        {"a": 1.5},
        {"a": ""},
        {"a": {"given": "yes"}},
        {"a": {"given": True, "from": 1}},
        {"a": {"from": True}},
        {"a": {"from": "soon"}},
        {"a": {"above": 1}},
        {"a": {"matches": "(a+)+$"}},
    ],
)
def test_what_can_not_be_asked(refuse: Any, argument: object) -> None:
    refuse(PersonField, argument)


def rule(when: str) -> str:
    return f"  - {{id: one, when: {{{when}}}, give: {{STORE: {{basis: 61F}}}}, because: x}}\n"


@pytest.fixture
def written(small: Callable[[str], str]) -> Callable[[str], Manifest]:
    return lambda when: parse(small(rule(when)).encode(), "m.yaml")


@pytest.fixture
def active(lists: TenantLists, written: Callable[[str], Manifest]) -> Callable[[str], ActiveManifest]:
    return lambda when: resolve(written(when), lists)


@pytest.fixture
def refusals(lists: TenantLists, written: Callable[[str], Manifest]) -> Callable[[str], list[str]]:
    def said(when: str) -> list[str]:
        with pytest.raises(ManifestInvalid) as refused:
            resolve(written(when), lists)
        return [f"{one.code}: {one.what}; {one.how}" for one in refused.value.findings]

    return said


def test_a_field_is_found_by_its_id_and_by_its_label_in_any_language(active: Any) -> None:
    found = active(
        'person_field: {"SuperOffice:1": a, Visits: 1, Slutter: 2026-01-01}, company_field: {Turnover: 5}'
    )

    assert [one.key for one in found.fields] == [
        "person/SuperOffice:1",
        "person/SuperOffice:2",
        "person/SuperOffice:3",
        "company/Acme.Crm.Turnover",
    ]
    assert (
        active('any: [{person_field: {Note: a}}, {person_field: {"SuperOffice:1": b}}]').fields == FIELDS[:1]
    )


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (
            "person_field: {Vists: 1}",
            (
                "missing_person_field: the tenant has no published field `Vists` of a person"
                '; did you mean `Visits`? allowed: Ends, Level, Note:, Slutter, US:"Ends";DA:"Slutter", Visits, Wants news'
            ),
        ),
        (
            "company_field: {Twin: a}",
            (
                "ambiguous_company_field: the tenant has 2 fields of a company that are called"
                " `Twin`; name the one you mean: SuperOffice:1, SuperOffice:2"
            ),
        ),
        (
            "person_field: {Note: 5}",
            (
                "wrong_person_field: `SuperOffice:1` holds a text, not `5`; put it in quotes"
                " if it is meant as text"
            ),
        ),
        (
            "person_field: {Note: {from: 5}}",
            (
                "wrong_person_field: `SuperOffice:1` holds a text, not a range;"
                " write the values that it may have, one or a list of them"
            ),
        ),
        (
            "person_field: {Visits: often}",
            (
                "wrong_person_field: `SuperOffice:2` holds a number, not `often`;"
                ' write a number, one with decimals in quotes: 12 or "1.5"'
            ),
        ),
        (
            "person_field: {Visits: true}",
            (
                "wrong_person_field: `SuperOffice:2` holds a number, not `true`;"
                ' write a number, one with decimals in quotes: 12 or "1.5"'
            ),
        ),
        (
            "person_field: {Visits: {given: true}}",
            (
                "wrong_person_field: `SuperOffice:2` holds a number, not"
                " nothing; an empty number is 0 and an empty checkbox false; ask for that"
            ),
        ),
        (
            "person_field: {Ends: 2026-02-30}",
            (
                "wrong_person_field: `SuperOffice:3` holds a day, not `2026-02-30`;"
                " write a day of the calendar, such as 2026-12-31"
            ),
        ),
        (
            "person_field: {Ends: {from: 2026-01-01, to: 5}}",
            (
                "wrong_person_field: `SuperOffice:3` holds a day,"
                " not `5`; write a day of the calendar, such as 2026-12-31"
            ),
        ),
        (
            "person_field: {Wants news: 1}",
            ("wrong_person_field: `SuperOffice:4` holds a checkbox, not `1`; write true or false"),
        ),
        (
            "person_field: {Level: Twice}",
            (
                "wrong_person_field: the list of `SuperOffice:5` has 2 items `Twice`;"
                " their ids are 803, 804; give each a name of its own in the CRM"
            ),
        ),
        (
            "person_field: {Level: Golden}",
            (
                "wrong_person_field: `SuperOffice:5` holds an item of a list, not"
                ' `Golden`; did you mean `Gold`? allowed: Gold, Guld, Silver, Twice, US:"Gold";DA:"Guld"'
            ),
        ),
        (
            "person_field: {Level: 7}",
            (
                "wrong_person_field: `SuperOffice:5` holds an item of a list, not `7`;"
                ' allowed: Gold, Guld, Silver, Twice, US:"Gold";DA:"Guld"'
            ),
        ),
    ],
)
def test_what_the_tenant_lacks_is_said_where_it_stands(refusals: Any, when: str, said: str) -> None:
    assert refusals(when) == [said]


def test_the_place_is_that_of_the_name_or_of_the_value(lists: TenantLists, written: Any) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        resolve(written("person_field: {Vists: 1, Note: 5}, source: CARD"), lists)

    assert [(one.line, one.column) for one in refused.value.findings] == [(18, 37), (18, 53)]


def test_a_field_that_is_asked_twice_is_found_once_and_missed_once(active: Any, refusals: Any) -> None:
    twice = "any: [{person_field: {Visits: 1}}, {not: {person_field: {Visits: 2}}}]"

    assert active(twice).fields == FIELDS[1:2]
    assert len(refusals(twice.replace("Visits", "Steps"))) == 1


def test_a_field_lost_since_activation_is_unknown(lists: TenantLists, written: Any) -> None:
    manifest = written("not: {person_field: {Visits: 1, Note: a}}")
    standing = resolve_what_stands(manifest, replace(lists, fields=FIELDS[:1]))
    (one,) = standing.rules

    assert [field.prog_id for field in standing.fields] == ["SuperOffice:1"]
    assert one.when.truth(Facts(fields={"person/SuperOffice:1": "a", "person/SuperOffice:2": 2})) is None
    assert one.when.truth(Facts(fields={"person/SuperOffice:1": "b"})) is True


def test_explain_shows_what_stands_and_an_item_by_its_name(active: Any) -> None:
    manifest = active("person_field: {Level: Silver, Note: {given: true}, Visits: {from: 2}}")
    fields: dict[str, FieldValue] = {"person/SuperOffice:5": 801, "person/SuperOffice:1": "x"}

    (explained,) = explain(Facts(fields=fields), manifest).rules

    assert explained.failure is not None
    assert explained.failure.path == "when.person_field"
    assert explained.failure.wanted == "Level: Silver, Note: given: true, Visits: from: 2"
    assert explained.failure.found == 'Level: US:"Gold";DA:"Guld", Note: x, Visits: unknown'
    strange = Facts(fields={**fields, "person/SuperOffice:5": 9})
    assert "Level: item 9" in (explain(strange, manifest).rules[0].failure or explained.failure).found


def test_a_limit_that_lost_its_meaning_is_none_and_a_value_of_another_kind_unknown() -> None:
    assert holds("visits", {"from": 2}, "many") is None
    assert holds("visits", {"from": 2}, True) is None
