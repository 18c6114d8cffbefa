"""Knows which events we want, and what is missing or too much in a webhook that is registered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_PERSON = ("created", "changed", "softdeleted", "deleted", "consented", "unconsented")
_LISTS = (
    "consentsource",
    "legalbase",
    "consentpurpose",
    "category",
    "business",
    "perspos",
    "country",
    "doctmpl",
)

WANTED: tuple[str, ...] = (
    *(f"person.{word}" for word in _PERSON),
    *(f"list.{name}.{word}" for name in _LISTS for word in ("created", "changed", "softdeleted")),
)
"""Person events are work; list events drop what we keep of a tenant's lists."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What to add to a registered webhook and what to take away, in a fixed order."""

    missing: tuple[str, ...]
    surplus: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus)


def difference(wanted: Iterable[str], registered: Iterable[str]) -> Difference:
    """Compare by name, without regard to order and repeats."""
    want, have = set(wanted), set(registered)
    return Difference(missing=tuple(sorted(want - have)), surplus=tuple(sorted(have - want)))
