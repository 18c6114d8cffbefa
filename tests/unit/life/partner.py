"""A plugin for a tenant to switch on: a word with a reason, further facts, a source, and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from pydantic import BaseModel, Field, SecretStr

from so_privacy_ext import Condition, Extension, Facts, Proposal, Seen, Truth


class Settings(BaseModel):
    limit: int = Field(default=3, title="Limit", description="From which size on a company is large.", ge=0)
    mode: Literal["strict", "loose"] = "strict"
    register_key: SecretStr = Field(title="Key", description="Lets us into the register.")
    tags: list[str] = []
    quick: bool = False


ext = Extension("acme-size", version="1.2", says="Knows how large companies are.", settings=Settings)


@ext.condition
class Large(Condition[bool]):
    """Whether the person's company is large."""

    word = "acme_size.large"
    spoken: ClassVar = {
        "en": ("her company is large", "her company is not large"),
        "da": ("hendes virksomhed er stor", "hendes virksomhed er ikke stor"),
    }
    reasons: ClassVar = {
        "small": {"en": "it is below the limit", "da": "den er under grænsen"},
    }

    def holds(self, facts: Facts, /) -> Truth | tuple[Truth, str]:
        large = facts.further.get("acme_size.is_large")
        if not isinstance(large, bool):
            return None
        return large is self.root, "" if large else "small"


@ext.facts("is_large", "share")
def size(persons: Sequence[Seen], settings: Settings) -> Mapping[int, Mapping[str, bool | float]]:
    return {
        one.person_id: {"is_large": one.facts.country == "SE", "share": settings.limit / 8} for one in persons
    }


@ext.detect_source(reasons={"listed": {"en": "her company is in the register"}})
def source(facts: Facts) -> Proposal | None:
    return Proposal("CARD", 0.9, "listed") if facts.country == "NO" else None
