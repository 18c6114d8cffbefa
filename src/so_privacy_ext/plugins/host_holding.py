"""Has a plugin's functions answer for what it holds elsewhere; runs in the plugin's own process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from so_privacy_ext.extension import Erased, Extension
from so_privacy_ext.plugins.nonsense import Nonsense

LONGEST = 1024 * 1024
"""Bytes of JSON of what is held of one person."""
_MOST = 2**53


def answer_for(extension: Extension, seam: str, offered: Mapping[str, Any]) -> Any:
    """Give the number of records that are erased, or what is held of a person.

    Raises whatever the plugin raises, and `Nonsense` for what is no answer.
    """
    (holding,) = (one for one in extension.holdings if one.seam == seam)
    given = holding.function(**{name: offered[name] for name in holding.asks})
    return _shown(given) if seam == "subject_access" else _receipt(given)


def _receipt(given: Any) -> int:
    if not isinstance(given, Erased):
        raise Nonsense("no `Erased`")
    records: Any = given.records  # a plugin may have put anything there
    if type(records) is not int or not 0 <= records < _MOST:
        raise Nonsense("an `Erased` without a number of records")
    return records


def _shown(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise Nonsense("no mapping of what is held")
    try:
        text = json.dumps(dict(given), ensure_ascii=False, allow_nan=False)
        shown: dict[str, Any] = json.loads(text)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError):
        raise Nonsense("a value that is no plain JSON") from None
    if size > LONGEST:
        raise Nonsense("more than a mebibyte of what is held")
    return shown
