"""What a plugin says of itself, as a tenant agreed to it; and the condition words that follow from it.

A manifest is read by the description alone, so it stays readable when the plugin is gone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.plugins import arguments
from so_privacy_ext.sdk import UNKNOWN, Condition, Facts, Ground, Predicate, Truth, answer_key


def _readable(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    wrong = arguments.mistakes(schema)
    if wrong:
        raise PydanticCustomError("schema", "{wrong}", {"wrong": "; ".join(wrong)})
    return schema


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{2,40}$")]
Dotted = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,40}\.[a-z][a-z0-9_]{0,40}$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Said = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]+$")]
Spoken = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^([^{}\x00-\x1f\x7f]|\{values\})+$")]
Reasons = Annotated[dict[Code, dict[Language, Said]], Field(max_length=100)]
Host = Annotated[str, Field(pattern=r"^([A-Za-z0-9.-]{1,253}|\{[A-Za-z_][A-Za-z0-9_]{0,60}\}):[0-9]{1,5}$")]
EventName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}(\.[a-z0-9_]{1,60}){1,3}$")]
OperationName = Annotated[str, Field(pattern=r"^[A-Za-z]{1,40}\.[A-Za-z0-9]{1,80}$")]
ReadableSchema = Annotated[dict[str, Any], AfterValidator(_readable)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class DescribedWord(_Closed):
    """One condition word."""

    word: Dotted
    says: Said
    """What an editor shows for it."""
    argument: ReadableSchema
    reasons: Reasons = {}
    spoken: dict[Language, Annotated[list[Spoken], Field(min_length=2, max_length=2)]] = {}
    """By language: what is said where it holds, and where it doesn't."""


class DescribedHolds(_Closed):
    """What it holds of persons elsewhere."""

    what: Said
    why: Said
    keep_days: Annotated[int, Field(ge=1, le=36_500)]


class DescribedExport(_Closed):
    """Rows that it makes of decisions."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    says: Said
    columns: Annotated[list[Code], Field(min_length=1, max_length=50)]


class Description(_Closed):
    """All that a plugin adds and needs."""

    name: Name
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+!_-]{0,40}$")]
    says: Said
    words: Annotated[list[DescribedWord], Field(max_length=1000)] = []
    further: Annotated[list[Dotted], Field(max_length=200)] = []
    detects_source: bool = False
    proposal_reasons: Reasons = {}
    settings: ReadableSchema | None = None
    """JSON Schema of what the administrator may set."""
    carries: bool = False
    """Whether it carries notices, as the channel of its name."""
    after_decision: bool = False
    """Whether it is told of decisions."""
    events: Annotated[list[EventName], Field(max_length=100)] = []
    """Those of SuperOffice's that it is told of."""
    operations: Annotated[list[OperationName], Field(max_length=20)] = []
    """Those of SuperOffice's that it has called."""
    hosts: Annotated[list[Host], Field(max_length=20)] = []
    """To which it talks; `{name}:port` where the administrator names it in that setting."""
    lints: bool = False
    """Whether it looks at manifests."""
    exports: Annotated[list[DescribedExport], Field(max_length=50)] = []
    holds: DescribedHolds | None = None
    """None where it keeps nothing of anybody."""

    @property
    def namespace(self) -> str:
        """Give what its words and facts begin with."""
        return self.name.replace("-", "_")

    @property
    def fingerprint(self) -> str:
        """Name the declaration, whatever version it is of."""
        content = self.model_dump(mode="json", exclude={"version"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @model_validator(mode="after")
    def _keeps_to_its_names(self) -> Description:
        names = [*(one.word for one in self.words), *self.further]
        strange = [one for one in names if not one.startswith(f"{self.namespace}.")]
        if strange:
            raise PydanticCustomError(
                "taken",
                "{names} must begin with `{namespace}.`; other names are not its own",
                {"names": ", ".join(f"`{one}`" for one in strange), "namespace": self.namespace},
            )
        twice = sorted({one for one in names if names.count(one) > 1})
        if twice:
            raise PydanticCustomError(
                "twice", "{names} is claimed twice", {"names": ", ".join(f"`{one}`" for one in twice)}
            )
        return self


def read_description(content: Mapping[str, Any]) -> Description:
    """Read what a plugin said or what was kept of it; raises `Refused` with all mistakes."""
    try:
        return Description.model_validate(dict(content))
    except ValidationError as error:
        raise Refused(
            "plugin_description",
            "; ".join(_told(error)),
            "the plugin's maker must mend its declaration; `so-privacy plugin check` says when it is right",
            Exit.BAD_DATA,
        ) from None


def _told(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_url=False, include_input=False)[:20]:
        place = ".".join(str(step) for step in one["loc"])
        yield f"{place}: {one['msg']}" if place else one["msg"]


def asks_for_more(agreed: Description, now: Description) -> tuple[str, ...]:
    """Say what a new version needs that the administrator has not agreed to; empty where nothing."""
    more = [f"talks to `{one}`" for one in now.hosts if one not in agreed.hosts]
    more += [f"finds `{one}`" for one in now.further if one not in agreed.further]
    if now.detects_source and not agreed.detects_source:
        more.append("proposes sources")
    if now.carries and not agreed.carries:
        more.append("carries notices, and sees the address and text of each")
    if now.after_decision and not agreed.after_decision:
        more.append("is told of decisions")
    more += [f"is told of `{one}`" for one in now.events if one not in agreed.events]
    more += [f"has SuperOffice asked by `{one}`" for one in now.operations if one not in agreed.operations]
    known = {one.name for one in agreed.exports}
    more += [f"makes rows of decisions, `{one.name}`" for one in now.exports if one.name not in known]
    if now.holds is not None and _holds_more(agreed.holds, now.holds):
        more.append(f"holds for {now.holds.keep_days} days: {now.holds.what} ({now.holds.why})")
    return tuple(more)


def _holds_more(agreed: DescribedHolds | None, now: DescribedHolds) -> bool:
    """Tell whether it holds something else, for something else, or for longer."""
    if agreed is None:
        return True
    return (agreed.what, agreed.why) != (now.what, now.why) or now.keep_days > agreed.keep_days


def settings_mistakes(description: Description, settings: Mapping[str, Any]) -> list[str]:
    """Say what of the settings is not as the plugin describes them."""
    if description.settings is None:
        return ["it has no settings"] if settings else []
    try:
        arguments.reader(description.settings).validate_python(dict(settings))
    except ValidationError as error:
        return list(_told(error))
    return []


class PluginWord(Condition[Any]):
    """A word of a plugin: what the plugin said is among the facts, or unknown."""

    @property
    def key(self) -> str:
        """Name the question."""
        return answer_key(self.word, self.root)

    def prepare(self, _ground: Ground, /) -> Predicate:
        key = self.key

        def truth(facts: Facts) -> Truth:
            return facts.answers.get(key, (None, ""))[0]

        def found(facts: Facts) -> object:
            said = truth(facts)
            return UNKNOWN if said is None else said

        return Predicate(truth, found)


class _Argument:
    """Has pydantic read an argument by the plugin's schema."""

    def __init__(self, word: DescribedWord) -> None:
        self.word = word

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return arguments.core(self.word.argument)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**self.word.argument, "description": self.word.says}


def words(description: Description) -> tuple[type[Condition[Any]], ...]:
    """Make a plugin's words; of one description always the same."""
    return _words(description.model_dump_json())


@lru_cache(maxsize=128)
def _words(content: str) -> tuple[type[Condition[Any]], ...]:
    description = Description.model_validate_json(content)
    return tuple(_word(description.name, one) for one in description.words)


def _word(plugin: str, described: DescribedWord) -> type[PluginWord]:
    made = create_model(
        "".join(part.capitalize() for part in described.word.replace(".", "_").split("_")),
        __base__=PluginWord,
        __doc__=described.says,
        __module__=__name__,
        root=(Annotated[Any, _Argument(described)], ...),
    )
    made.plugin, made.word = plugin, described.word
    made.reasons = described.reasons
    made.spoken = {language: (both[0], both[1]) for language, both in described.spoken.items()}
    return made
