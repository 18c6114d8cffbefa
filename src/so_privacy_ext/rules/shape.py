"""The shape of a manifest, key by key; what the keys mean together is checked in `references`."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Generic, Literal, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from so_privacy_ext.model import CRM_MAIL
from so_privacy_ext.rules.conditions import Words, when_type
from so_privacy_ext.rules.keys import (
    ChannelName,
    CountryCode,
    ItemName,
    LanguageCode,
    ListKey,
    MailKey,
    Name,
    PresetName,
)

MOST_RULES = 500

When = TypeVar("When")

Expiry = Annotated[
    str,
    Field(
        pattern=r"^P([1-9][0-9]?Y([1-9][0-9]?M)?|[1-9][0-9]{0,2}M)$",
        description="a period of months or years from the first write, such as `P12M` or `P2Y`",
    ),
]
Period = Annotated[
    str,
    Field(
        pattern=r"^P([1-9][0-9]?Y([1-9][0-9]?M)?|[1-9][0-9]{0,2}M|[1-9][0-9]{0,3}D)$",
        description="a period of years, months or days, such as `P24M` or `P60D`",
    ),
]
Prose = Annotated[str, Field(min_length=1, max_length=1000, description="a text")]


def _kind_of_text(value: object) -> str:
    return "<translations>" if isinstance(value, dict) else "<text>"


Translated = Annotated[
    Annotated[Prose, Tag("<text>")]
    | Annotated[dict[LanguageCode, Prose], Field(min_length=1), Tag("<translations>")],
    Discriminator(_kind_of_text),
]


def _real_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("day", "a day of the calendar, such as `2027-01-31`") from None
    return text


Day = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="a day, such as `2027-01-31`"),
    AfterValidator(_real_day),
]


class Shape(BaseModel):
    """A mapping with a closed set of keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Controller(Shape):
    """Who is responsible for the data."""

    name: Prose
    dpo: Prose | None = None
    privacy_url: Translated | None = None


class Jurisdiction(Shape):
    """Whose law counts."""

    home: Annotated[CountryCode, Field(description="the controller's country, such as `DK`")]
    packs: Annotated[list[CountryCode], Field(description="countries whose law is checked")] = []


class Languages(Shape):
    """Languages in which persons are told."""

    enabled: Annotated[list[LanguageCode], Field(min_length=1)]
    fallback: LanguageCode


class Supplier(Shape):
    """Who supplies the data of a source."""

    name: Prose
    agreement: Annotated[Day, Field(description="when the agreement was made by which the data may be used")]


def _kind_of_supplier(value: object) -> str:
    return "<supplier>" if isinstance(value, dict | Supplier) else "<word>"


class SourceShape(Shape):
    """How data comes in by one source."""

    new: Annotated[bool, Field(description="not one of the CRM's own")] = False
    name: Translated | None = None
    type: Literal["digital", "manual", "system"]
    article: Annotated[
        Literal[13, 14], Field(description="GDPR: 13 from the person herself, 14 from somebody else")
    ]
    carries_consent: Literal[True, False, "documented"] = False
    supplier: (
        Annotated[
            Annotated[Literal["required"], Tag("<word>"), Field(description="needed, not named yet")]
            | Annotated[Supplier, Tag("<supplier>")],
            Discriminator(_kind_of_supplier),
        ]
        | None
    ) = None


class AtEnd(Shape):
    """The basis that a purpose has left once what was given to it has come to its end."""

    basis: Annotated[ListKey, Field(description="a legal basis, such as `61B`; never a consent")]
    source: Annotated[
        ListKey | None, Field(description="the source to write; that of the row if left out")
    ] = None


def _kind_of_end(value: object) -> str:
    return "<basis>" if isinstance(value, dict | AtEnd) else "<word>"


AtEndShape = Annotated[
    Annotated[Literal["keep", "review"], Tag("<word>")] | Annotated[AtEnd, Tag("<basis>")],
    Discriminator(_kind_of_end),
]


class PurposeShape(Shape):
    """Why data is processed."""

    new: Annotated[bool, Field(description="not one of the CRM's own")] = False
    name: Translated | None = None
    parent: ListKey | None = None
    allowed: Annotated[list[ListKey], Field(min_length=1, description="legal bases that may carry it")]
    classification: Literal["ordinary", "sensitive"] = "ordinary"
    expires: Expiry | None = None
    """Children inherit it."""
    renew_before: Period | None = None
    """Children inherit it."""
    renew: Annotated[
        MailKey | None, Field(description="the mail that asks to renew a consent; children inherit it")
    ] = None
    at_end: Annotated[
        AtEndShape | None, Field(description="what becomes of the row at the end; children inherit it")
    ] = None
    protect: bool = False
    retention: Period | None = None


Line = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", description="a text on one line"),
]
Body = Annotated[str, Field(min_length=1, max_length=20_000, description="a text of paragraphs")]


class OwnTextShape(Shape):
    """A mail's text in one language."""

    subject: Line
    body: Body


class MailShape(Shape):
    """A mail that is sent once to each person; by the CRM, unless it names another channel."""

    template: Annotated[
        ItemName | None, Field(description="the name of a privacy mail template in the CRM")
    ] = None
    channel: ChannelName = CRM_MAIL
    texts: Annotated[
        dict[LanguageCode, OwnTextShape], Field(description="by language: subject and body")
    ] = {}
    version: Annotated[int, Field(ge=1, le=9999, description="raised when the text says something new")]
    languages: Annotated[
        Annotated[list[LanguageCode], Field(min_length=1)] | None,
        Field(description="all that are enabled if left out"),
    ] = None
    marketing: bool = False
    retell: Annotated[bool, Field(description="also to those who were told by another mail or version")] = (
        False
    )


class GiveBasis(Shape):
    """The basis that a purpose gets."""

    basis: Annotated[ListKey, Field(description="a legal basis, such as `61F`")]
    source: Annotated[
        ListKey | None, Field(description="the source to write; that of the STORE row if left out")
    ] = None
    expires: Expiry | None = None
    kind: Literal["soft_opt_in"] | None = None


def _kind_of_outcome(value: object) -> str:
    return "<basis>" if isinstance(value, dict | GiveBasis) else "<word>"


def _kind_of_give(value: object) -> str:
    return "<purposes>" if isinstance(value, dict) else "<word>"


OutcomeShape = Annotated[
    Annotated[Literal["keep", "deny", "review", "none"], Tag("<word>")]
    | Annotated[GiveBasis, Tag("<basis>")],
    Discriminator(_kind_of_outcome),
]
Give = Annotated[
    Annotated[Literal["none", "review"], Tag("<word>"), Field(description="for every purpose")]
    | Annotated[dict[ListKey, OutcomeShape], Field(min_length=1), Tag("<purposes>")],
    Discriminator(_kind_of_give),
]


Accepted = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^L[0-9]{2}$", description="the code of a warning, such as `L38`")],
        Prose,
    ],
    Field(description="warnings that are right and accepted, each with the reason; an error can't be"),
]


class RuleShape(Shape, Generic[When]):
    """When something holds, give purposes a basis, tell the person, and say why."""

    id: Name
    when: When
    give: Give
    before: Annotated[
        Name | None, Field(description="the rule before which this one is tried; left out: where it stands")
    ] = None
    tell: Annotated[MailKey | None, Field(description="the mail to send")] = None
    because: Annotated[Prose, Field(description="a text that says why; it is kept with each decision")]
    max_changes: Annotated[
        str | None, Field(pattern=r"^(100|[1-9]?[0-9])%$", description="a share of all persons, such as `5%`")
    ] = None
    accepted: Accepted = {}


class MovedShape(Shape):
    """Keys that are called otherwise now, old name to new; what is known under the old ones goes along."""

    sources: dict[ListKey, ListKey] = Field(default={}, description="sources, old key to new")
    purposes: dict[ListKey, ListKey] = Field(default={}, description="purposes, old key to new")
    mails: dict[MailKey, MailKey] = Field(
        default={}, description="mails, old name to new; nobody is told again for it"
    )


class RetentionShape(Shape, Generic[When]):
    """What becomes of persons nobody deals with any more."""

    when: When
    inactive: Period
    then: Literal["propose_delete", "review"]


class ManifestShape(Shape, Generic[When]):
    """What one tenant does with the data of its persons."""

    manifest: Annotated[Literal[1], Field(description="the version of this format")]
    name: Name
    extends: Annotated[
        list[PresetName], Field(description="presets whose pieces count where the file has none of its own")
    ] = []
    switch_on: Annotated[list[Name], Field(description="optional rules, by id, that are tried")] = []
    moved: Annotated[
        MovedShape | None, Field(description="keys that are called otherwise than in the version before")
    ] = None
    review_by: Day | None = None
    controller: Controller | None = None
    jurisdiction: Jurisdiction
    languages: Languages
    sources: Annotated[dict[ListKey, SourceShape], Field(min_length=1)]
    legal_bases: Annotated[list[ListKey], Field(min_length=1)]
    accepted: Accepted = {}
    purposes: Annotated[dict[ListKey, PurposeShape], Field(min_length=1)]
    mails: dict[MailKey, MailShape] = {}
    retention: dict[MailKey, RetentionShape[When]] = {}
    rules: Annotated[
        list[RuleShape[When]],
        Field(min_length=1, max_length=MOST_RULES, description="the first match decides, purpose by purpose"),
    ]
    optional: Annotated[
        list[RuleShape[When]], Field(max_length=MOST_RULES, description="rules that are switched off")
    ] = []


@lru_cache
def manifest_shape(words: Words) -> type[ManifestShape[Any]]:
    """Give the shape of a manifest whose conditions are made of these words."""
    shape = ManifestShape.__class_getitem__(when_type(words))
    return cast("type[ManifestShape[Any]]", shape)
