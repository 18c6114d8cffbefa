"""Reads values by a JSON Schema that came from a plugin: a word's argument, or the plugin's settings.

A schema may say what the closed list below knows. It is made into pydantic's own terms, so that mistakes
come with the codes and places that a manifest's other mistakes have, and patterns take linear time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from pydantic_core import CoreSchema, PydanticCustomError, SchemaError, SchemaValidator, core_schema

Schema = Mapping[str, Any]

LONGEST = 16_384
"""Characters of a schema as JSON."""
_DEEPEST = 8
_SAYS_NOTHING = frozenset(
    {"title", "description", "default", "examples", "deprecated", "discriminator", "format", "writeOnly"}
)
_KNOWN: Mapping[str, frozenset[str]] = {
    "boolean": frozenset(),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "string": frozenset({"minLength", "maxLength", "pattern"}),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset({"properties", "required", "additionalProperties"}),
}
_NULL = {"type": "null"}
_BOUNDS = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
}


def inlined(schema: Schema) -> Schema:
    """Put in the place of each reference what it refers to; leave out null, which a manifest has none of.

    A shape that holds itself stays a reference, which no manifest can be read by.
    """
    known = schema.get("$defs", {})

    def put(part: Any, above: tuple[str, ...]) -> Any:
        if isinstance(part, list):
            return [put(one, above) for one in part if one != _NULL]
        if not isinstance(part, dict):
            return part
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name in known and name not in above:
            rest = {key: one for key, one in part.items() if key != "$ref"}
            return {**put(known[name], (*above, name)), **put(rest, above)}
        return {key: put(one, above) for key, one in part.items() if key not in {"$defs", "discriminator"}}

    made: Schema = put(dict(schema), ())
    return made


def mistakes(schema: Any) -> list[str]:
    """Say why values can't be read by a schema; empty where they can."""
    if not isinstance(schema, Mapping):
        return [f"a JSON Schema is a mapping, and this is a {type(schema).__name__}"]
    try:
        if len(json.dumps(schema)) > LONGEST:
            return [f"its JSON Schema is longer than {LONGEST} characters"]
        found = list(_unknown(schema, 0))
        if not found:
            reader(schema)
    except (SchemaError, TypeError, ValueError, AttributeError, RecursionError) as error:
        return [f"its JSON Schema can't be used: {str(error).splitlines()[0][:200]}"]
    return found


def _unknown(schema: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        yield f"its JSON Schema is nested more than {_DEEPEST} deep"
        return
    if not isinstance(schema, Mapping):
        yield "a part of its JSON Schema is no mapping"
        return
    kind = schema.get("type")
    choice = next((one for one in ("enum", "const", "anyOf", "oneOf") if one in schema), None)
    if choice is None and (not isinstance(kind, str) or kind not in _KNOWN):
        yield f"its JSON Schema has a part of no type that a manifest knows ({', '.join(sorted(_KNOWN))})"
        return
    allowed = {"type", choice} if choice else {"type", *_KNOWN[str(kind)]}
    strange = sorted(str(one) for one in schema.keys() - allowed - _SAYS_NOTHING)
    if strange:
        named = ", ".join(f"`{one}`" for one in strange)
        yield f"its JSON Schema uses {named}, by which no manifest can be read"
    for inner in _parts(schema):
        yield from _unknown(inner, depth + 1)


def _parts(schema: Schema) -> Iterator[Any]:
    for choice in ("anyOf", "oneOf"):
        yield from schema.get(choice, ())
    if "items" in schema:
        yield schema["items"]
    yield from schema.get("properties", {}).values()
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield schema["additionalProperties"]


def reader(schema: Schema) -> SchemaValidator:
    """Make what reads values by a schema without mistakes; lists come out as tuples."""
    return SchemaValidator(core(schema))


def core(schema: Schema) -> CoreSchema:
    """Put a schema without mistakes in pydantic's terms."""
    if "enum" in schema or "const" in schema:
        return core_schema.literal_schema(list(schema["enum"]) if "enum" in schema else [schema["const"]])
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            parts = [core(one) for one in schema[choice]]
            return (
                parts[0]
                if len(parts) == 1
                else core_schema.union_schema(
                    list(parts), custom_error_type="wrong_value", custom_error_message="none of these"
                )
            )
    return _BY_TYPE[schema["type"]](schema)


def _number(schema: Schema) -> CoreSchema:
    bounds = {ours: schema[theirs] for theirs, ours in _BOUNDS.items() if theirs in schema}
    make: Callable[..., CoreSchema] = (
        core_schema.int_schema if schema["type"] == "integer" else core_schema.float_schema
    )
    return make(strict=True, **bounds)


def _string(schema: Schema) -> CoreSchema:
    text = core_schema.str_schema(
        strict=True,
        min_length=schema.get("minLength"),
        max_length=schema.get("maxLength"),
        pattern=schema.get("pattern"),
    )
    if schema.get("format") != "date":
        return text
    return core_schema.no_info_after_validator_function(_day, text)


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("day", "a day such as 2026-12-31") from None
    return text


def _array(schema: Schema) -> CoreSchema:
    items = core_schema.list_schema(
        core(schema["items"]) if "items" in schema else None,
        strict=True,
        min_length=schema.get("minItems"),
        max_length=schema.get("maxItems"),
    )
    return core_schema.no_info_after_validator_function(tuple, items)


def _object(schema: Schema) -> CoreSchema:
    others = schema.get("additionalProperties")
    if isinstance(others, Mapping):
        return core_schema.dict_schema(core_schema.str_schema(strict=True), core(others), strict=True)
    required = schema.get("required", ())
    fields = {
        name: core_schema.typed_dict_field(core(one), required=name in required)
        for name, one in schema.get("properties", {}).items()
    }
    return core_schema.typed_dict_schema(fields, strict=True, extra_behavior="forbid")


_BY_TYPE: Mapping[str, Callable[[Schema], CoreSchema]] = {
    "boolean": lambda _schema: core_schema.bool_schema(strict=True),
    "integer": _number,
    "number": _number,
    "string": _string,
    "array": _array,
    "object": _object,
}
