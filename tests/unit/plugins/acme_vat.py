"""A plugin as a partner writes it: two words, a further fact, a source detector, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from so_privacy_ext import Clock, Condition, Extension, Facts, OneOrMany, Proposal, Seen, Truth


class Settings(BaseModel):
    least: int = Field(default=3, description="the least turnover of a company that is registered")


ext = Extension(
    "acme-vat", version="1.0", says="Knows which companies are registered for VAT.", settings=Settings
)


@ext.condition
class Registered(Condition[bool]):
    """Whether the person's company is registered for VAT."""

    word = "acme_vat.registered"
    spoken: ClassVar = {"en": ("her company is registered for VAT", "her company is not registered for VAT")}
    reasons: ClassVar = {"big": {"en": "its turnover is over the limit", "da": "omsætningen er over grænsen"}}

    def holds(self, facts: Facts, /) -> Truth | tuple[Truth, str]:
        turnover = facts.further.get("acme_vat.turnover")
        if not isinstance(turnover, int):
            return None
        return (turnover > 100) is self.root, "big" if turnover > 100 else ""


@ext.condition
class Sector(Condition[OneOrMany[Literal["trade", "public"]]]):
    """The sector of the person's company."""

    word = "acme_vat.sector"

    def holds(self, facts: Facts, /) -> Truth:
        return facts.category_id == 7 and "public" in self.root


@ext.facts("turnover", "asked_on")
def turnover(
    persons: Sequence[Seen], settings: Settings, clock: Clock
) -> Mapping[int, Mapping[str, int | date]]:
    return {
        one.person_id: {"turnover": one.company_id, "asked_on": clock.now().date()}
        for one in persons
        if one.company_id >= settings.least
    }


@ext.detect_source(reasons={"listed": {"en": "her company is in the register"}})
def source(facts: Facts) -> Proposal | None:
    return Proposal("CARD", 0.8, "listed") if "acme_vat.turnover" in facts.further else None
