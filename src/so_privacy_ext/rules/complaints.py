"""Turns what pydantic finds wrong with a manifest's shape into findings that an administrator understands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from so_privacy_ext.rules.findings import LIMIT, Finding, advice, nearest, shown
from so_privacy_ext.rules.tree import Broken, Node, describe

Schema = Mapping[str, Any]

MOST = 4 * LIMIT
"""Errors looked at; a spelling is not sought for ten thousand of them."""

_CODES = {
    "literal_error": "wrong_value",
    "string_pattern_mismatch": "wrong_value",
    "too_long": "too_many",
    "string_too_long": "too_long",
}
_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "object": "a mapping",
    "string": "a text",
}

_PLUGIN_WORD = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", re.ASCII)


def findings(errors: Sequence[ErrorDetails], root: Node, schema: Schema) -> Iterator[Finding]:
    """Give each error its place in the file, what was found there and what is allowed."""
    for error in errors[:MOST]:
        *path, last = error["loc"] or ("",)
        holder, holder_schemas = _descend(path, root, schema, schema)
        match error["type"]:
            case "extra_forbidden":
                known = [name for one in holder_schemas for name in one.get("properties", ())]
                key = holder.value[last][0]
                how = advice(key.text, known)
                if _PLUGIN_WORD.fullmatch(key.text):
                    how += "; a plugin's word is known where its tenant is named (`--tenant`) and has it on"
                yield Finding(
                    key.line,
                    key.column,
                    "unknown_key",
                    f"{shown(key.text)} is no key here",
                    how,
                )
            case "missing":
                what = f"{shown(str(last))} is missing"
                yield Finding(holder.line, holder.column, "missing_key", what, "add it")
            case _ if last == "[key]":
                yield _wrong_key(path, root, schema)
            case kind:
                node, schemas = _descend(error["loc"], root, schema, schema)
                if not isinstance(node.value, Broken):
                    how = _how(kind, error, node, schemas)
                    yield Finding(node.line, node.column, _code(kind), f"found {describe(node)}", how)


def _wrong_key(path: Sequence[str | int], root: Node, schema: Schema) -> Finding:
    *above, name = path
    holder, schemas = _descend(above, root, schema, schema)
    key = holder.value[name][0]
    how = next(
        (one["propertyNames"]["description"] for one in schemas if "propertyNames" in one), "another key"
    )
    return Finding(
        key.line, key.column, "wrong_key", f"{shown(key.text)} can't be a key here", f"allowed: {how}"
    )


def _code(kind: str) -> str:
    if kind.endswith("_type"):
        return "wrong_type"
    if kind in {"empty", "too_short", "string_too_short"}:
        return "empty"
    return _CODES.get(kind, "wrong_value")


def _how(kind: str, error: ErrorDetails, node: Node, schemas: Sequence[Schema]) -> str:
    if kind in {"day", "empty", "tick_missing"}:
        return f"needed: {error['msg']}"
    if kind == "too_short":
        return "needed: at least one"
    if kind in {"too_long", "string_too_long"}:
        return f"allowed: at most {error.get('ctx', {})['max_length']}"
    phrases = list(dict.fromkeys(_phrase(one) for one in schemas))
    words = [word for one in schemas for word in _words(one)]
    how = "allowed: " + ", ".join([*words, *(one for one in phrases if one)])
    meant = nearest(node.text, words) if words and node.text else None
    if meant:
        how = f"did you mean {shown(meant)}? {how}"
    if isinstance(node.value, bool | int | float) and any(_is_text(one) for one in schemas):
        how += "; put it in quotes if it is meant as text"
    return how


def _words(schema: Schema) -> list[str]:
    """Give the very values that may stand here, as they are written in YAML."""
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else []
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _phrase(schema: Schema) -> str:
    if _words(schema):
        return ""
    description, kind = schema.get("description"), schema.get("type", "")
    if kind == "object":
        keys = ", ".join(sorted(schema.get("properties", ())))
        return f"a mapping with the keys {keys}" if keys else "a mapping"
    return str(description) if _is_text(schema) and description else _TYPES.get(kind, str(kind))


def _is_text(schema: Schema) -> bool:
    return schema.get("type") == "string" and not _words(schema)


def _descend(
    path: Iterable[str | int], node: Node, schema: Schema, whole: Schema
) -> tuple[Node, list[Schema]]:
    """Follow pydantic's path through the file and the schema; what is `<in brackets>` is in neither."""
    schemas = list(_alternatives(schema, whole))
    for step in path:
        if isinstance(step, str) and step.startswith("<"):
            continue
        node = node.get(step) or node
        schemas = [
            alternative
            for one in schemas
            for inner in _inner(one, step)
            for alternative in _alternatives(inner, whole)
        ]
    return node, schemas


def _inner(schema: Schema, step: str | int) -> Iterator[Schema]:
    if isinstance(step, int):
        if "items" in schema:
            yield schema["items"]
    elif step in schema.get("properties", ()):
        yield schema["properties"][step]
    else:
        yield from schema.get("patternProperties", {}).values()


def _alternatives(schema: Schema, whole: Schema) -> Iterator[Schema]:
    """Resolve references and unions into what may really stand here."""
    if "$ref" in schema:
        yield from _alternatives(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    elif "anyOf" in schema or "oneOf" in schema:
        for one in [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
            yield from _alternatives(one, whole)
    else:
        yield schema
