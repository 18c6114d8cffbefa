"""The languages of our pages: which one a visitor gets, and what is said in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.requests import Request

NAMES: Mapping[str, str] = {
    "en": "English",
    "da": "Dansk",
    "nb": "Norsk",
    "sv": "Svenska",
    "de": "Deutsch",
}
"""Language code → what its speakers call it; the first is for whoever asks for none of them."""
DEFAULT = next(iter(NAMES))
COOKIE = "__Host-so-privacy-language"
QUERY = "language"

_ALSO = {"no": "nb", "nn": "nb"}
"""Norwegian by other codes."""
_LONGEST_HEADER = 500
_PLACE = re.compile(r"\{([a-z_]+)\}")
_RANGE = re.compile(r"\s*([a-z]{1,8}|\*)(?:-[a-z0-9]{1,8})*\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?))?\s*")


class Texts:
    """All that our pages say in one language."""

    def __init__(self, language: str, by_key: Mapping[str, str]) -> None:
        self.language = language
        self.by_key = by_key

    def __call__(self, key: str, **values: object) -> str:
        """Give a text with its places filled in; a text without such a key is an error of ours."""
        return _PLACE.sub(lambda place: str(values[place[1]]), self.by_key[key])

    def __contains__(self, key: str) -> bool:
        return key in self.by_key

    def count(self, key: str, number: int, **values: object) -> str:
        """Give a text for so many of something: `key.one` or `key.other`, with the place {number}."""
        return self(f"{key}.{'one' if number == 1 else 'other'}", number=number, **values)

    def moment(self, at: datetime) -> str:
        """Write a time to the minute, in UTC, as one writes it in this language."""
        utc = at.astimezone(UTC)
        parts = {"year": f"{utc:%Y}", "month": f"{utc:%m}", "day": f"{utc:%d}", "time": f"{utc:%H:%M}"}
        return self("format.moment", **parts)

    def day(self, at: datetime) -> str:
        """Write a day, in UTC."""
        utc = at.astimezone(UTC)
        return self("format.day", year=f"{utc:%Y}", month=f"{utc:%m}", day=f"{utc:%d}")


@cache
def texts(language: str) -> Texts:
    """Read all texts of a language, which lie in texts/<room>.<language>.toml."""
    found: dict[str, str] = {}
    folder = files(__package__) / "texts"
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.name.endswith(f".{language}.toml"):
            found.update(_flat("", tomllib.loads(entry.read_text(encoding="utf-8"))))
    return Texts(language, found)


def chosen(request: Request, of_session: str | None = None) -> str:
    """Choose a language: what was asked for just now or before, the session's, the browser's, English."""
    asked = request.query_params.get(QUERY), request.cookies.get(COOKIE), of_session
    return next((one for one in asked if one in NAMES), None) or preferred(
        request.headers.get("accept-language", "")
    )


def preferred(accept_language: str) -> str:
    """Choose by a browser's header; English for whoever likes none of ours."""
    wishes = []
    for place, part in enumerate(accept_language[:_LONGEST_HEADER].lower().split(",")):
        wish = _RANGE.fullmatch(part)
        weight = float(wish[2] or 1) if wish else 0.0
        if wish and weight > 0:
            wishes.append((-weight, place, _ALSO.get(wish[1], wish[1])))
    return next((code for _, _, code in sorted(wishes) if code in NAMES), DEFAULT)


def _flat(above: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{above}{name}.", value)
        else:
            yield f"{above}{name}", str(value)
