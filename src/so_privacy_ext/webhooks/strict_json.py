"""Reads JSON more strictly than the standard does: no duplicate keys, no numbers that are none, no depth."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

_BOM = b"\xef\xbb\xbf"
# Opening brackets bound the depth without a walk; a payload has three or four of them.
_MOST_BRACKETS = 200


class BadJsonError(ValueError):
    """The bytes are not one JSON document that we would read."""


class DuplicateKeyError(ValueError):
    """An object names a key twice, and readers disagree about which one counts."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DuplicateKeyError
    return found


def _no_constant(_name: str) -> NoReturn:
    raise BadJsonError


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise BadJsonError
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)


def read(body: bytes) -> Any:
    """Read one document in UTF-8, with at most one byte order mark before it."""
    if body.count(b"[") + body.count(b"{") > _MOST_BRACKETS:
        raise BadJsonError
    try:
        return _DECODER.decode(body.removeprefix(_BOM).decode("utf-8"))
    except DuplicateKeyError:
        raise
    # Too many digits are a ValueError; no number of brackets is small enough for a stack that is nearly full.
    except (ValueError, RecursionError):
        raise BadJsonError from None
