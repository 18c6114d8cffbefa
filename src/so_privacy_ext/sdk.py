"""All that a condition word is built on: facts, three-valued truth, the `Condition` shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, RootModel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from so_privacy_ext.model import FieldValue, UserField


class Unknown(Enum):
    """The one value that stands for a fact nobody knows."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown.UNKNOWN

EventWord = Literal["created", "changed", "consented", "unconsented", "none"]
CreatorWord = Literal["form", "us", "integration", "erp", "user"]

Truth = bool | None
"""Three-valued as in SQL: None is neither true nor false, because a fact is unknown."""
Answer = tuple[Truth, str]
"""What a plugin's condition said, and the code of its reason; an empty one where it gave none."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """Whose proposal a person's source is."""

    plugin: str
    confidence: float
    why: str
    """Code of one of the plugin's reasons."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may see of a person: ids, keys and booleans, no names and no addresses."""

    event: EventWord = "none"
    changed: frozenset[str] = frozenset()
    """Column names of the payload's `Changes`, the union of coalesced events."""
    creator: CreatorWord | Unknown = UNKNOWN
    form: str | None = None
    """Key of the form that created the person; None when no form did."""
    source: str | None = None
    """Source key of the STORE row; None when there is no such row."""
    country: str | Unknown = UNKNOWN
    """ISO 3166 two letters, the person's, else her company's."""
    category_id: int = 0
    business_id: int = 0
    position_id: int = 0
    language: str | Unknown = UNKNOWN
    """ISO 639 two letters from the CRM; unknown → the country's, else the manifest's fallback."""
    company_is_owner: bool = False
    retired: bool = False
    is_associate: bool = False
    has_email: bool = False
    email_domain: str | None = field(default=None, repr=False)
    """Lower case, of the primary address."""
    age: int | Unknown = UNKNOWN
    """Whole years; known only with a full birth date."""
    consents: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Purpose key → (basis key, source key) as it stands in the CRM."""
    wordings: frozenset[str] = frozenset()
    """Purposes that have a consent text."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict, repr=False)
    """User-defined fields by key (`UserField.key`); one that is not here is unknown."""
    further: Mapping[str, FieldValue] = field(default_factory=dict, repr=False)
    """What plugins found out, by `namespace.name`; what is not here is unknown."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """What plugins' conditions said, by `answer_key`; one that is not here is unknown."""
    proposed: Proposed | None = None
    """Set where `source` is a plugin's proposal, since the CRM had none of its own."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One person as plugins see her."""

    person_id: int
    company_id: int
    facts: Facts
    source_is_open: bool = False
    """Nobody has said where she comes from: a proposal may stand for it."""


def answer_key(word: str, argument: Any) -> str:
    """Name one question to a plugin: the word, a space, and its argument as JSON."""
    return f"{word} {json.dumps(argument, sort_keys=True, separators=(',', ':'), ensure_ascii=False)}"


ReferenceKind = Literal[
    "purpose", "source", "category", "business", "position", "person_field", "company_field"
]


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in a condition: purposes and sources are of the manifest, the others of the tenant."""

    kind: ReferenceKind
    name: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What a condition may build on besides the facts: the manifest's defaults and the tenant's ids."""

    home: str
    """ISO country of the controller, for persons whose country is unknown."""
    fallback_language: str
    ids: Mapping[Reference, int]
    """Ids of all references to list items of the tenant."""
    fields: Mapping[Reference, UserField] = field(default_factory=dict)
    """User-defined fields of the tenant by all references to them."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition made ready to be asked for every person."""

    truth: Callable[[Facts], Truth]
    found: Callable[[Facts], object]
    """Gives the value that is looked at, for `explain`."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """One fact that a condition looks at, with the values at which its answer may change."""

    fact: str
    """A field of `Facts`."""
    key: str | None = None
    """The entry that is looked at, where the fact is a mapping or a set."""
    marks: frozenset[Any] = frozenset()
    """Values that the condition tells apart; if ordered, where each stretch of one answer begins.

    All other values, but for the unknown and the empty one, have one answer in common.
    """
    ordered: bool = False
    """The values are numbers or days, and the answer is the same from one mark to the next."""


Argument = TypeVar("Argument")


class Condition(RootModel[Argument], Generic[Argument]):
    """One word of a rule's `when` with its argument; its docstring is what an editor shows for it.

    Conditions are pure: they see the facts and nothing else, and keep nothing.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    word: ClassVar[str]
    """How it is written in a manifest."""
    plugin: ClassVar[str] = ""
    """Name of the plugin that answers it; empty where the facts alone do."""
    spoken: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """By language: what is said where the word holds, and where it doesn't; `{values}` is its argument.

    The product's own words are said by its own texts.
    """
    unknown: ClassVar[frozenset[str]] = frozenset()
    """Keys of the argument that are read and understood, but about which no fact is known yet."""
    reasons: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """By code, by language: the sentences of which `holds` may name one by its code."""

    def references(self) -> Iterable[Reference]:
        """Name what must exist for this condition to make sense."""
        return ()

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect] | None:
        """Name every fact on which the answer depends, so that it can be computed whom a rule reaches.

        None where a word doesn't say: then its answer may be anything, whatever the facts.
        """
        return None

    def holds(self, _facts: Facts, /) -> Truth | Answer:
        """Say whether it holds for a person; None where a fact that it takes is unknown.

        A second value is the code of one of `reasons`, which says why.
        """
        raise NotImplementedError(f"{self.word} has neither `holds` nor `prepare`")

    def prepare(self, _ground: Ground, /) -> Predicate:
        """Make the test ready, once for each activation."""

        def truth(facts: Facts) -> Truth:
            held = self.holds(facts)
            return held[0] if isinstance(held, tuple) else held

        return Predicate(truth, self.holds)


class _OneOrMany:
    """Reads a single value as a list of one."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many["items"], {**many, "minItems": 1}]}


def _listed(value: Any) -> Any:
    if value == []:
        raise PydanticCustomError("empty", "at least one value")
    return tuple(value) if isinstance(value, list) else (value,)


Item = TypeVar("Item")
OneOrMany = Annotated[tuple[Item, ...], _OneOrMany()]
"""The argument of a word that means any of: one value or a list of them."""
