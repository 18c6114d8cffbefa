"""Reads the login service's JSON as strictly as a payload's."""

from __future__ import annotations

from typing import Any

from so_privacy_ext.webhooks.strict_json import read


def read_object(data: bytes) -> dict[str, Any]:
    """Give a JSON object; duplicate keys, NaN, bad UTF-8 and anything but an object are a ValueError."""
    document = read(data)
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004  # one kind of error for one kind of input
    return document
