"""What goes between the product and a plugin's process: JSON with its length before it, and facts as JSON.

Every read and write has a deadline, so that the other side can delay nobody, not even with half a message.
"""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from types import MappingProxyType
from typing import Any

from so_privacy_ext.sdk import Facts

MOST = 8 * 1024 * 1024
"""Bytes of a message; a slice of 200 persons has some 100,000."""
LONGEST_TEXT = 1000
"""Characters of a fact."""
MOST_AGAIN = 1000
"""Persons that a plugin may have decided on anew because of one event."""
SENT, NOT_SENT, REFUSED = "sent", "not_sent", "refused"
"""What became of a letter: taken, certainly not sent for now, and not to be sent at all."""
_LENGTH = 4
_SHOWN = tuple(
    (one.name, getattr(Facts(), one.name))
    for one in fields(Facts)
    if one.name not in {"further", "answers", "proposed"}
)
"""Facts with what they are unless something is known; what plugins said of a person is for each its own."""
_PLAIN = frozenset({str, int, bool, float, type(None)})


def send(to: socket.socket, message: Any, deadline: float | None = None) -> None:
    """Send a message; raises `TimeoutError` at the deadline (monotonic), `OSError` if nobody is there."""
    body = json.dumps(message, ensure_ascii=False, allow_nan=False).encode()
    data = memoryview(len(body).to_bytes(_LENGTH, "big") + body)
    while data:
        _until(to, deadline)
        data = data[to.send(data) :]


def receive(of: socket.socket, deadline: float | None = None) -> Any:
    """Wait for a message.

    Raises `TimeoutError` at the deadline, `EOFError` if the other side is gone, and `ValueError` for junk.
    """
    length = int.from_bytes(_exactly(of, _LENGTH, deadline), "big")
    if length > MOST:
        raise ValueError(f"a message of {length} bytes, and {MOST} are the most")
    try:
        return json.loads(_exactly(of, length, deadline))
    except RecursionError:
        raise ValueError("a message that is nested too deep") from None


def _exactly(of: socket.socket, length: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < length:
        _until(of, deadline)
        part = of.recv(min(length - len(data), 65536))
        if not part:
            raise EOFError("the other side has closed")
        data += part
    return bytes(data)


def _until(connection: socket.socket, deadline: float | None) -> None:
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        raise TimeoutError("time is up")
    connection.settimeout(left)


def outward(facts: Facts, namespace: str) -> dict[str, Any]:
    """Write the facts that a plugin may see as JSON, further ones of its own; what is unknown is left out."""
    shown = {name: tagged(value) for name, usual in _SHOWN if (value := getattr(facts, name)) != usual}
    own = f"{namespace}."
    further = {key: tagged(value) for key, value in facts.further.items() if key.startswith(own)}
    return {**shown, "further": {"map": further}} if further else shown


def inward(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Read what `outward` wrote, as arguments for `Facts`; nothing in it can be changed."""
    return {name: untagged(value) for name, value in shown.items()}


def tagged(value: Any) -> Any:
    """Write what JSON has no form for as a mapping with one key."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, frozenset):
        return {"set": sorted(value)}
    if isinstance(value, tuple):
        return {"tuple": list(value)}
    return {"map": {key: tagged(one) for key, one in value.items()}}


def untagged(value: Any) -> Any:
    """Read what `tagged` wrote; raises `ValueError` for anything else."""
    if not isinstance(value, dict):
        if isinstance(value, list) or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError("no value of a fact")
        return value
    match list(value.items()):
        case [("day", str(day))]:
            return date.fromisoformat(day)
        case [("set", list(members))]:
            return frozenset(members)
        case [("tuple", list(members))]:
            return tuple(members)
        case [("map", dict(inner))]:
            return MappingProxyType({key: untagged(one) for key, one in inner.items()})
    raise ValueError("no value of a fact")


def is_fact(value: Any) -> bool:
    """Tell whether it can be a fact that a plugin found: a text, a number, a day, true, false or nothing."""
    if type(value) is str:
        return len(value) <= LONGEST_TEXT
    if type(value) is int:
        return abs(value) < 2**53
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in {bool, date}


def is_person(value: Any) -> bool:
    """Tell whether it can be a person's number."""
    return type(value) is int and 0 < value < 2**31
