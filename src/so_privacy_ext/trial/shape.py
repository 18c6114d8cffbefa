"""The shape of a file of rule tests, key by key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from so_privacy_ext.rules.keys import LanguageCode, ListKey, MailKey, Name
from so_privacy_ext.rules.person_words import ConsentText, PersonWords
from so_privacy_ext.rules.shape import Prose, Shape
from so_privacy_ext.rules.words.happening import Column
from so_privacy_ext.sdk import EventWord, OneOrMany

MOST_TESTS = 2_000
START = "2026-03-02T09:00"
"""When a test happens that says nothing of it."""

OutcomeWord = Literal["keep", "deny", "review", "none"]
OUTCOME_WORDS = frozenset({"keep", "deny", "review", "none"})


def moment(text: str) -> datetime:
    """Read a moment, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _real_moment(text: str) -> str:
    try:
        moment(text)
    except ValueError:
        raise PydanticCustomError("day", "a moment of the calendar, such as `2026-03-02T09:00`") from None
    return text


Moment = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$",
        description="a moment in UTC, such as `2026-03-02T09:00`",
    ),
    AfterValidator(_real_moment),
]
Later = Annotated[
    str,
    Field(
        pattern=r"^\+([0-9]{1,6}[smhd]|P([0-9]{1,2}Y)?([0-9]{1,3}M)?([0-9]{1,4}D)?)$",
        description="how long after the first step, such as `+5s`, `+2h`, `+30d` or `+P12M`",
    ),
]
NoMailWord = Literal[
    "store_withdrawn",
    "before_start",
    "review",
    "rule_gives_none",
    "no_tell",
    "already_told",
    "crm_mails",
    "no_address",
    "bounced",
]
LeftWord = Literal["already_right", "explicit_consent", "person", "human"]


class TenantAssumed(Shape):
    """What all tests of the file assume of the tenant."""

    default_basis: Annotated[
        ListKey | None,
        Field(description="the basis that the CRM gives a new person for STORE, such as `61F`"),
    ] = None
    wordings: Annotated[
        OneOrMany[ListKey], Field(description="purposes for which the tenant has a consent text")
    ] = ()
    crm_mails: Annotated[
        OneOrMany[ListKey], Field(description="sources for which the CRM sends a mail of its own")
    ] = ()
    tell_from: Annotated[
        Moment | None,
        Field(description="the tenant's start, such as `2026-01-01`; who was registered before is not told"),
    ] = None


class TrialPerson(PersonWords):
    """A person in words, with what only the world around the rules knows of her."""

    registered: Annotated[
        Moment | None,
        Field(description="when she was registered, such as `2026-01-31`; at the first step if left out"),
    ] = None
    bounced: Annotated[bool, Field(description="a mail to her address has come back")] = False
    told: Annotated[OneOrMany[MailKey], Field(description="mails that she has had")] = ()


class ExpectedOutcome(Shape):
    """What is to come of one purpose."""

    basis: ListKey | None = None
    outcome: OutcomeWord | None = None
    source: Annotated[ListKey | None, Field(description="the key of a source; any if left out")] = None
    until: Annotated[
        Moment | None, Field(description="when it ends, such as `2027-03-02`; it has no end if left out")
    ] = None
    rule: Annotated[Name | None, Field(description="the id of the rule that decides it; any if left out")] = (
        None
    )
    left: Annotated[
        LeftWord | None, Field(description="why the row is left as it stands although a rule gives a basis")
    ] = None


def _kind_of_outcome(value: object) -> str:
    if isinstance(value, dict | ExpectedOutcome):
        return "<outcome>"
    return "<word>" if value in OUTCOME_WORDS else "<basis>"


def _kind_of_give(value: object) -> str:
    return "<purposes>" if isinstance(value, dict) else "<word>"


OutcomeShape = Annotated[
    Annotated[OutcomeWord, Tag("<word>")]
    | Annotated[ConsentText, Tag("<basis>")]
    | Annotated[ExpectedOutcome, Tag("<outcome>")],
    Discriminator(_kind_of_outcome),
]
ExpectedGive = Annotated[
    Annotated[OutcomeWord, Tag("<word>"), Field(description="for every purpose")]
    | Annotated[dict[ListKey, OutcomeShape], Tag("<purposes>")],
    Discriminator(_kind_of_give),
]


class Expected(Shape):
    """What is to happen; what is not named here must not happen."""

    give: ExpectedGive = Field(default={})
    rule: Annotated[Name | None, Field(description="the id of the one rule that decides all of `give`")] = (
        None
    )
    tell: Annotated[MailKey | None, Field(description="the mail that goes out")] = None
    language: Annotated[LanguageCode | None, Field(description="the language of that mail")] = None
    no_mail: Annotated[NoMailWord | None, Field(description="the reason for which none goes out")] = None


class StepShape(Shape):
    """Something that happens to a person, and what is to come of it."""

    person: TrialPerson = TrialPerson()
    event: EventWord
    changed: OneOrMany[Column] = ()
    expect: Expected


class LaterShape(StepShape):
    """Something that happens later to the same person; `person` says what is otherwise now."""

    at: Later
    event: Annotated[EventWord, Field(description="`none` when a sweep comes by")] = "none"


class TrialShape(StepShape):
    """One test: a person, an event, a time, and what is to come of it."""

    name: Prose
    event: EventWord = "created"
    at: Moment = START
    then: list[LaterShape] = Field(default=[])


class TrialsShape(Shape):
    """The tests of one manifest."""

    rule_tests: Annotated[Literal[1], Field(description="the version of this format")]
    tenant: TenantAssumed = TenantAssumed()
    tests: Annotated[list[TrialShape], Field(min_length=1, max_length=MOST_TESTS)]
