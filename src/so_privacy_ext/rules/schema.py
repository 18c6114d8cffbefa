"""Makes the JSON Schema of a manifest, by which an editor completes and explains."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from so_privacy_ext.rules.conditions import Words
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


def text() -> str:
    """Give the schema as it is published."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
