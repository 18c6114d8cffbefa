"""Reads the tables of `packs/`: law and custom by country, kept as data so that a lawyer can change them."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any


def digital_age(country: str) -> int | None:
    """Give the age below which a child of this country can't consent alone; None where no line says it."""
    line = _table("digital_age")["ages"].get(country)
    return None if line is None else int(line["age"])


def language_of(country: str) -> str | None:
    """Give the language that most people of a country read."""
    language: str | None = _table("language_of_country")["languages"].get(country)
    return language


def countries_with_digital_age() -> frozenset[str]:
    """Give the countries of which a line says the age."""
    return frozenset(_table("digital_age")["ages"])


def countries_with_language() -> frozenset[str]:
    """Give the countries of which a line says the language."""
    return frozenset(_table("language_of_country")["languages"])


def may_renew(country: str) -> bool:
    """Tell whether a consent may be renewed by mail while it is alive; where no line says so it may not."""
    line = _table("renewal")["countries"].get(country)
    return line is not None and bool(line["may"])


@cache
def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(
        resources.files("so_privacy_ext.rules").joinpath("packs", f"{name}.json").read_text("utf-8")
    )
    return table
