from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from so_privacy_ext.plugins.arguments import LONGEST, inlined, mistakes, reader
from so_privacy_ext.sdk import Condition, OneOrMany


class Inner(BaseModel):
    days: int = Field(ge=1, le=366)


class Outer(BaseModel):
    """A part."""

    inner: Inner | None = None
    names: Annotated[list[str], Field(min_length=1, max_length=2)] = ["a"]


class Tree(BaseModel):
    below: list[Tree] = []


def schema_of(kind: Any) -> Any:
    class Word(Condition[kind]):
        word = "acme_vat.word"

    return inlined(Word.model_json_schema())


def said(schema: Any, value: Any) -> list[tuple[tuple[Any, ...], str]]:
    with pytest.raises(ValidationError) as error:
        reader(schema).validate_python(value)
    return [(one["loc"], one["type"]) for one in error.value.errors()]


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (bool, True, True),
        (int, 5, 5),
        (float, 1.5, 1.5),
        (str, "a", "a"),
        (Annotated[str, Field(pattern="^a+$", max_length=3)], "aaa", "aaa"),
        (Literal["a", "b"], "b", "b"),
        (Literal["a"], "a", "a"),
        (list[int], [1, 2], (1, 2)),
        (list[Any] | int, 5, 5),
        (OneOrMany[str], "a", "a"),
        (OneOrMany[str], ["a", "b"], ("a", "b")),
        (int | None, 5, 5),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (Outer, {"inner": {"days": 2}, "names": ["x"]}, {"inner": {"days": 2}, "names": ("x",)}),
        (Outer, {}, {}),
    ],
)
def test_values_are_read_by_the_schema_of_the_plugins_own_type(kind: Any, value: Any, read: Any) -> None:
    schema = schema_of(kind)

    assert mistakes(schema) == [] or kind == list[Any] | int
    if kind != list[Any] | int:
        assert reader(schema).validate_python(value) == read


@pytest.mark.parametrize(
    ("kind", "value", "where"),
    [
        (bool, "yes", [((), "bool_type")]),
        (int, "5", [((), "int_type")]),
        (int, True, [((), "int_type")]),
        (Annotated[int, Field(gt=1, lt=5, multiple_of=2)], 3, [((), "multiple_of")]),
        (Annotated[str, Field(min_length=2)], "a", [((), "string_too_short")]),
        (Literal["a", "b"], "c", [((), "literal_error")]),
        (OneOrMany[int], "x", [((), "wrong_value")]),
        (list[int], [1, "x"], [((1,), "int_type")]),
        (dict[str, int], {"a": "x"}, [(("a",), "int_type")]),
        (Outer, {"inner": {"days": 0}}, [(("inner", "days"), "greater_than_equal")]),
        (Outer, {"inner": {}}, [(("inner", "days"), "missing")]),
        (Outer, {"other": 1}, [(("other",), "extra_forbidden")]),
        (Outer, {"names": []}, [(("names",), "too_short")]),
    ],
)
def test_mistakes_have_the_place_and_the_kind_that_those_of_a_manifest_have(
    kind: Any, value: Any, where: Any
) -> None:
    assert said(schema_of(kind), value) == where


def test_a_day_is_a_day() -> None:
    schema = {"type": "string", "format": "date"}

    assert reader(schema).validate_python("2026-02-28") == "2026-02-28"
    assert said(schema, "2026-02-30") == [((), "day")]


def test_a_pattern_takes_linear_time() -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}

    assert mistakes(schema) == []
    assert said(schema, "a" * 5000 + "!") == [((), "string_pattern_mismatch")]


@pytest.mark.parametrize(
    ("schema", "mistake"),
    [
        ([], "a JSON Schema is a mapping, and this is a list"),
        ({"type": "string", "description": "x" * LONGEST}, f"longer than {LONGEST} characters"),
        ({"type": "null"}, "a part of no type that a manifest knows"),
        ({}, "a part of no type that a manifest knows"),
        ({"type": ["string"]}, "a part of no type that a manifest knows"),
        ({"type": "string", "pattern": "(?=x)"}, "can't be used"),
        ({"type": "string", "contentEncoding": "base64"}, "uses `contentEncoding`"),
        ({"anyOf": [{"type": "string"}], "allOf": []}, "uses `allOf`"),
        ({"type": "array", "items": [{"type": "string"}]}, "a part of its JSON Schema is no mapping"),
        ({"type": "integer", "minimum": "x"}, "can't be used"),
        ({"type": "object", "properties": 5}, "can't be used"),
        ({"enum": 5}, "can't be used"),
        ({"anyOf": []}, "can't be used"),
        ({"type": "object", "additionalProperties": {"type": "x"}}, "a part of no type"),
    ],
)
def test_a_schema_by_which_no_manifest_can_be_read_is_refused(schema: Any, mistake: str) -> None:
    found = mistakes(schema)

    assert len(found) == 1
    assert mistake in found[0]


def test_a_shape_that_holds_itself_is_refused() -> None:
    assert "of no type" in mistakes(schema_of(Tree))[0]


def test_a_schema_is_not_followed_for_ever() -> None:
    schema: Any = {"type": "string"}
    for _ in range(12):
        schema = {"type": "array", "items": schema}

    assert mistakes(schema) == ["its JSON Schema is nested more than 8 deep"]


def test_what_may_be_left_out_is_not_offered_as_null() -> None:
    assert schema_of(Outer)["properties"]["inner"]["anyOf"] == [
        {
            "properties": {"days": {"maximum": 366, "minimum": 1, "title": "Days", "type": "integer"}},
            "required": ["days"],
            "title": "Inner",
            "type": "object",
        }
    ]
