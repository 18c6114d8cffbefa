"""Makes the JSON Schema of a manifest, by which an editor completes and explains."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.key_sentences import SENTENCES
from so_privacy_ext.rules.shape import manifest_shape
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS

_ITS_OWN = frozenset({"manifest", "name"})
"""Keys that no preset brings; whatever else must be there may come with one."""


class _WithoutNull(GenerateJsonSchema):
    """A key is left out or has a value; null is not one."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        default = schema.get("default")
        return (
            inner
            if default is None or isinstance(default, BaseModel) or default in ([], {}, ())
            else {**inner, "default": default}
        )

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        made = super().dict_schema(schema)
        return {**made, "additionalProperties": False} if "patternProperties" in made else made


@lru_cache
def json_schema(words: Words = PRODUCT_WORDS) -> dict[str, Any]:
    """Give the schema of manifests whose conditions are made of these words."""
    shape = schema_of(manifest_shape(words))
    always = [key for key in shape["required"] if key in _ITS_OWN]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **shape,
        "title": "so_privacy_ext manifest, version 1",
        "required": always,
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": [key for key in shape["required"] if key not in _ITS_OWN]},
    }


def schema_of(shape: type[BaseModel]) -> dict[str, Any]:
    """Give the schema of any shape of ours."""
    return shape.model_json_schema(schema_generator=_WithoutNull)


def published(words: Words = PRODUCT_WORDS) -> dict[str, Any]:
    """Give the schema for editors: every key with a sentence, parts by names that can be read."""
    whole = copy.deepcopy(json_schema(words))
    names = {name: _plain(name, part) for name, part in whole["$defs"].items()}
    whole["$defs"] = {names[name]: part for name, part in whole["$defs"].items()}
    _rename(whole, names)
    for name, part in (("Manifest", whole), *whole["$defs"].items()):
        for key, schema in part.get("properties", {}).items():
            _describe(schema, SENTENCES.get(name, {}).get(key), whole["$defs"])
    return whole


def _plain(name: str, part: Mapping[str, Any]) -> str:
    """Name a part without what pydantic makes of its parameters, an argument by its word."""
    return f"{part['title']}Argument" if name.startswith("_") else name.partition("_")[0]


def _rename(part: Any, names: Mapping[str, str]) -> None:
    if isinstance(part, dict):
        if "$ref" in part:
            part["$ref"] = f"#/$defs/{names[part['$ref'].rpartition('/')[2]]}"
        for inner in part.values():
            _rename(inner, names)
    elif isinstance(part, list):
        for inner in part:
            _rename(inner, names)


def _describe(schema: dict[str, Any], sentence: str | None, parts: Mapping[str, Any]) -> None:
    """Say what a key means, and what may stand there if that is said of it already."""
    allowed = schema.get("description")
    if sentence is None and "$ref" in schema:
        sentence = parts[schema["$ref"].rpartition("/")[2]].get("description")
    schema["description"] = (
        " ".join(f"{sentence} ({allowed})".split()) if sentence and allowed else sentence or allowed
    )


def text(words: Words = PRODUCT_WORDS) -> str:
    """Give the schema as it is published, or for the manifests of a tenant that has further words."""
    return json.dumps(published(words), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
