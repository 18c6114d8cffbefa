"""All that a condition word is built on: facts, three-valued truth, the `Condition` shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal


class Unknown(Enum):
    """The one value that stands for a fact nobody knows."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown.UNKNOWN

EventWord = Literal["created", "changed", "consented", "unconsented", "none"]
CreatorWord = Literal["form", "us", "integration", "erp", "user"]


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
