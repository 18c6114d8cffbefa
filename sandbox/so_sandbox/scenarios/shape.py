"""What a scenario may say; the published JSON schema is made from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Value = str | int | float | bool


class Shape(BaseModel):
    """Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(Shape):
    """One thing that is done; its first key says what."""

    tenant: str | None = Field(None, description="Context identifier; default: the first of `tenants`.")


class Happens(Step):
    """Something happens in the CRM, as `so-sandbox trigger` has it."""

    happens: str = Field(description="An event, such as person.created or person.merged.")
    set: Mapping[str, Value] = Field(
        default_factory=dict,
        description="Settings as of `trigger --set`; for person, persons and into also a name given by `as`; "
        "in texts {n} is the number of the repetition, and {play} is another in each play, for addresses: "
        "whoever was told at one is not told there again.",
    )
    as_: Name | None = Field(None, alias="as", description="What later steps call whom it is about.")
    repeat: int = Field(1, ge=1, le=10_000, description="How often; one name is then of all.")


class Crowd(Step):
    """Made-up persons enter."""

    crowd: int = Field(ge=1, le=100_000, description="How many.")
    existing: bool = Field(default=False, description="Who were there long before; no event tells of them.")


class Advance(Step):
    """The clock is moved ahead."""

    clock: str = Field(description="How far, such as 90s, 15m, 6h, 2d or 1d12h.")


class Fault(Step):
    """Calls fail, of the step's tenant alone."""

    fault: str = Field(description="What fails, such as http_503 or apply_then_drop.")
    operation: str = Field("*", description="Person.SetConsent, Person.*, Login.Authenticate or *.")
    nth: int = Field(1, ge=1, description="The first call that is hit.")
    times: int = Field(1, ge=0, description="How many calls are hit; 0 = all.")


class Switch(Step):
    """Switches are turned: what the vendor's documents leave open."""

    switch: Mapping[str, str] = Field(description="Switch → answer, such as delivery: requeue.")


class State(Step):
    """The state API says one state after another; the last one stays."""

    state: list[str] = Field(
        min_length=1, description="Such as [Suspended] or [OfflineMaintenance, Running]."
    )


class Lose(Step):
    """New deliveries are lost in silence."""

    lose: float = Field(ge=0, le=1, description="Which share: 0.1 is every tenth, 0 ends it.")


class Again(Step):
    """Everything that was delivered since the scenario began comes once more."""

    again: int = Field(ge=1, le=100, description="How many times.")
    fresh: bool = Field(default=False, description="Under new EventIds.")
    shuffle: bool = Field(default=False, description="In any order.")


class Standing(Shape):
    """How a person stands; what is left out is not looked at."""

    holds: Mapping[str, str] | None = Field(
        None, description="All that stands, by purpose: basis/source, or the basis alone."
    )
    mails: list[str] | None = Field(
        None, description="All mails to her, oldest first: template and language, such as welcome da."
    )
    gone: bool = Field(default=False, description="She is not there any more.")


class Expect(Step):
    """Persons stand as is said, once everything has settled."""

    expect: Mapping[str, Standing] = Field(min_length=1, description="Name → how she stands.")


class Counts(Shape):
    """What there is more of than when the scenario began; what is left out is not counted."""

    persons: int | None = None
    mails: int | None = None
    writes: int | None = Field(None, description="Calls of SetConsent.")


class Count(Step):
    """So much has come of it in a tenant."""

    count: Counts


WORDS = ("settle", "no_faults")
"""Steps that are a word: wait until everything is delivered and done; have nothing fail any more."""
VERBS: Mapping[str, type[Step]] = {
    "happens": Happens,
    "crowd": Crowd,
    "clock": Advance,
    "fault": Fault,
    "switch": Switch,
    "state": State,
    "lose": Lose,
    "again": Again,
    "expect": Expect,
    "count": Count,
}


def _verb(step: Any) -> str | None:
    if isinstance(step, str):
        return "word" if step in WORDS else None
    return next((verb for verb in VERBS if verb in step), None) if isinstance(step, Mapping) else None


AnyStep = Annotated[
    Annotated[Literal["settle", "no_faults"], Tag("word")]
    | Annotated[Happens, Tag("happens")]
    | Annotated[Crowd, Tag("crowd")]
    | Annotated[Advance, Tag("clock")]
    | Annotated[Fault, Tag("fault")]
    | Annotated[Switch, Tag("switch")]
    | Annotated[State, Tag("state")]
    | Annotated[Lose, Tag("lose")]
    | Annotated[Again, Tag("again")]
    | Annotated[Expect, Tag("expect")]
    | Annotated[Count, Tag("count")],
    Discriminator(_verb),
]


class Scenario(Shape):
    """A story, step by step."""

    scenario: Literal[1] = Field(description="The form's version.")
    name: Name
    says: str = Field(min_length=1, description="What it shows, in a sentence.")
    tenants: list[str] = Field(
        default_factory=list, description="Who takes part, the first by default; none: the sandbox's first."
    )
    steps: list[AnyStep] = Field(min_length=1)


def json_schema() -> dict[str, Any]:
    """Give the schema that editors use."""
    schema = Scenario.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A scenario of so-sandbox",
    }
