"""Assembles the shape of `when` from the registered words, with `all`, `any` and `not` around them."""

from __future__ import annotations

from functools import lru_cache
from types import GenericAlias
from typing import Annotated, Any, ForwardRef, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, create_model, model_validator
from pydantic_core import PydanticCustomError

from so_privacy_ext.sdk import Condition

Words = tuple[type[Condition[Any]], ...]

ALWAYS = "always"


class Conditions(BaseModel):
    """Conditions that must all hold."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", json_schema_extra={"minProperties": 1}
    )

    @model_validator(mode="after")
    def _something_is_asked(self) -> Conditions:
        if not self.model_fields_set:
            raise PydanticCustomError("empty", "at least one condition, or `always`")
        return self


def _kind(value: object) -> str:
    return "<conditions>" if isinstance(value, dict | Conditions) else "<always>"


@lru_cache
def when_type(words: Words) -> Any:
    """Make the type of a `when` that knows these words; each is a key with its argument."""
    names = [word.word for word in words]
    if len({*names, "all", "any", "not", ALWAYS}) != len(names) + 4:
        raise ValueError(f"two condition words have one name, among {sorted(names)}")
    fields: dict[str, Any] = {
        f"word{number}": (word, Field(default=None, alias=word.word)) for number, word in enumerate(words)
    }
    nested = _always_or(ForwardRef("When"))
    several: Any = GenericAlias(list, (nested,))
    fields["every"] = (
        several,
        Field(default=None, min_length=1, alias="all", description="All of these hold."),
    )
    fields["some"] = (
        several,
        Field(default=None, min_length=1, alias="any", description="At least one of these holds."),
    )
    fields["opposite"] = (
        nested,
        Field(
            default=None, alias="not", description="This does not hold; stays unknown where it is unknown."
        ),
    )
    when = create_model("When", __base__=Conditions, **fields)
    when.model_rebuild(_types_namespace={"When": when})
    return _always_or(when)


def _always_or(conditions: Any) -> Any:
    always = Annotated[Literal["always"], Tag("<always>"), Field(description="Holds for every person.")]
    return Annotated[always | Annotated[conditions, Tag("<conditions>")], Discriminator(_kind)]
