"""Reads the texts of `wordings/`: how things are said in a language, as data that anybody can mend."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "da")
"""In which there are texts, ISO 639."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one language, by section and name."""

    language: str
    texts: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def say(self, section: str, name: str, /, **filled: object) -> str:
        """Give a text with its gaps filled."""
        text: str = self.texts[section][name]
        return text.format(**filled)

    def has(self, section: str, name: str) -> bool:
        """Tell whether there is such a text."""
        return name in self.texts[section]

    def condition(self, word: str, spoken: Mapping[str, tuple[str, str]], *, holds: bool, values: str) -> str:
        """Say that a word holds or doesn't; one that is not the product's as itself says, if it does."""
        texts = self.texts["condition"]
        both = texts.get(word) or spoken.get(self.language) or texts["other"]
        text: str = both[0 if holds else 1]
        return text.format(word=word, values=values)

    def value(self, of: str, text: str) -> str:
        """Say one value of a word or a fact."""
        values = self.texts["value"]
        said: str = values.get(f"{of}.{text}") or values.get(text, text)
        return said

    def either(self, said: Iterable[str]) -> str:
        """Say that it is one of several."""
        return self._joined(list(said), "or")

    def both(self, said: Iterable[str]) -> str:
        """Say that it is all of several."""
        return self._joined(list(said), "and")

    def period(self, period: str) -> str:
        """Say how long an ISO period of years, months and days is, such as `P1Y6M`."""
        parts, number = [], ""
        for letter in period.removeprefix("P"):
            if letter.isdecimal():
                number += letter
                continue
            one, several = self.texts["period"][letter]
            parts.append((one if number == "1" else several).format(number=number))
            number = ""
        return self.both(parts)

    def _joined(self, said: list[str], how: str) -> str:
        *most, last = said
        return f"{', '.join(most)}{self.texts['list'][how]}{last}" if most else last


@cache
def wording(language: str) -> Wording:
    """Give the texts of one of `LANGUAGES`."""
    file = resources.files("so_privacy_ext.rules").joinpath("wordings", f"{language}.json")
    return Wording(language, json.loads(file.read_text("utf-8")))
