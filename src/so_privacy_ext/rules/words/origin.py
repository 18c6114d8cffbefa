"""Words about how the person came into the CRM and what she did herself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from so_privacy_ext.model import EXPLICIT_CONSENT
from so_privacy_ext.rules.keys import ListKey
from so_privacy_ext.sdk import (
    UNKNOWN,
    Aspect,
    Condition,
    CreatorWord,
    Facts,
    Ground,
    OneOrMany,
    Predicate,
    Reference,
    Truth,
)

TICKED_FROM = frozenset({"WEBFORM", "CUSTOMERPORTAL"})
"""Sources under which the CRM's own form writes what a person has ticked."""

FormKey = Annotated[
    str, Field(min_length=1, max_length=255, description="the key of a web form, such as `event-signup`")
]


class Creator(Condition[OneOrMany[CreatorWord]]):
    """Who registered the person: a web form, we, another integration, an ERP connector or a user."""

    word = "creator"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("creator"),)

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = frozenset(self.root)
        return Predicate(
            lambda facts: None if facts.creator is UNKNOWN else facts.creator in wanted,
            lambda facts: facts.creator,
        )


class _FormArgument(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", title="Form")

    key: OneOrMany[FormKey]


class Form(Condition[_FormArgument]):
    """The web form that registered the person, by its key; false for everyone else."""

    word = "form"

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("form", marks=frozenset(self.root.key)),)

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = frozenset(self.root.key)
        return Predicate(lambda facts: facts.form in wanted, lambda facts: facts.form)


class Source(Condition[OneOrMany[ListKey]]):
    """The source of the person's STORE row, by key; false where there is no such row."""

    word = "source"

    def references(self) -> Iterable[Reference]:
        return (Reference("source", key) for key in self.root)

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        return (Aspect("source", marks=frozenset(self.root)),)

    def prepare(self, _ground: Ground, /) -> Predicate:
        wanted = frozenset(self.root)
        return Predicate(lambda facts: facts.source in wanted, lambda facts: facts.source)


class _EvidenceArgument(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", title="Evidence")

    tick: Annotated[OneOrMany[ListKey], Field(description="a purpose that the person ticked in a form")] = ()
    wording: Annotated[
        Literal["present"] | None, Field(description="the ticked purpose has a consent text")
    ] = None
    sale: Annotated[Literal["present"] | None, Field(description="a sale is documented; no fact yet")] = None
    objection_offered: Annotated[
        Literal[True] | None, Field(description="an objection was offered; no fact yet")
    ] = None

    @model_validator(mode="after")
    def _something_is_asked(self) -> _EvidenceArgument:
        if not self.tick and (self.wording or not self.model_fields_set):
            raise PydanticCustomError("tick_missing", "`tick` with the purpose that was ticked")
        return self


class Evidence(Condition[_EvidenceArgument]):
    """Proof of what the person did: a tick is a 61A that the CRM's own form wrote for the purpose."""

    word = "evidence"
    unknown = frozenset({"sale", "objection_offered"})

    def references(self) -> Iterable[Reference]:
        return (Reference("purpose", key) for key in self.root.tick)

    def aspects(self, _ground: Ground, /) -> Iterable[Aspect]:
        ticks = frozenset((EXPLICIT_CONSENT, source) for source in TICKED_FROM)
        for purpose in dict.fromkeys(self.root.tick):
            yield Aspect("consents", purpose, ticks)
            if self.root.wording is not None:
                yield Aspect("wordings", purpose)

    def prepare(self, _ground: Ground, /) -> Predicate:
        purposes, with_wording = self.root.tick, self.root.wording is not None
        unknown = not self.unknown.isdisjoint(self.root.model_fields_set)

        def truth(facts: Facts) -> Truth:
            if not purposes or any(
                _ticked(facts, one) and (not with_wording or one in facts.wordings) for one in purposes
            ):
                return None if unknown else True
            return False

        return Predicate(truth, lambda facts: {one: _told(facts, one) for one in purposes})


def _ticked(facts: Facts, purpose: str) -> bool:
    basis, source = facts.consents.get(purpose, ("", ""))
    return basis == EXPLICIT_CONSENT and source in TICKED_FROM


def _told(facts: Facts, purpose: str) -> str:
    """Say what stands for a purpose and whether it has a consent text."""
    standing = "/".join(facts.consents[purpose]) if purpose in facts.consents else "no consent"
    return standing + (", with wording" if purpose in facts.wordings else ", no wording")
