"""Reads the tables of `packs/`: law and custom by country, kept as data so that a lawyer can change them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_PACKS = resources.files("so_privacy_ext.rules").joinpath("packs")


COUNTRIES = ("DK", "NO", "SE", "FI", "DE", "NL")
"""Of whose law we have a pack; of the last one, no more than the age of a child."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A law or another fact, and how sure it is."""

    says: str
    source: str
    """Where it says so: a paragraph, a guide, a page of the vendor's, a rule of this product."""
    checked_on: str | None = None
    """The day on which the source was last read, such as `2026-11-28`; None where nobody is known to have."""
    confidence: str = "reported"
    """`verified`: read in the source; `reported`: by somebody who had; `unverified`: believed."""

    def __str__(self) -> str:
        checked = f"checked on {self.checked_on}" if self.checked_on else "not checked"
        return f"{self.says} ({self.source}; {checked}, {self.confidence})"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a country's law: a value that laws and words look at, and the fact behind it."""

    value: Any
    """By the line's name: an age in years, legal bases, a period, true; see `packs/pack.schema.json`."""
    fact: Fact


@dataclass(frozen=True, slots=True)
class CountryLaw:
    """What is known of a country's law."""

    country: str
    name: str
    lines: Mapping[str, Line]


@cache
def country_law(country: str) -> CountryLaw | None:
    """Give a country's pack; None where there is none."""
    if country not in COUNTRIES:
        return None
    pack = table(country)
    lines = {
        name: Line(one["value"], Fact(one["says"], one["source"], one["checked_on"], one["confidence"]))
        for name, one in pack["lines"].items()
    }
    return CountryLaw(pack["country"], pack["name"], lines)


def digital_age(country: str) -> int | None:
    """Give the age below which a child of this country can't consent alone; None where no line says it."""
    law = country_law(country)
    return None if law is None else int(law.lines["digital_age"].value)


def language_of(country: str) -> str | None:
    """Give the language that most people of a country read."""
    language: str | None = table("language_of_country")["languages"].get(country)
    return language


def countries_with_digital_age() -> frozenset[str]:
    """Give the countries of which a line says the age."""
    return frozenset(COUNTRIES)


def countries_with_language() -> frozenset[str]:
    """Give the countries of which a line says the language."""
    return frozenset(table("language_of_country")["languages"])


def may_renew(country: str) -> bool:
    """Tell whether a consent may be renewed by mail while it is alive; where no line says so it may not."""
    law = country_law(country)
    return law is not None and "renewal" in law.lines and bool(law.lines["renewal"].value)


@cache
def table(name: str) -> dict[str, Any]:
    """Give a table that is not of one country."""
    read: dict[str, Any] = json.loads(_PACKS.joinpath(f"{name}.json").read_text("utf-8"))
    return read
