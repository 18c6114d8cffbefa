"""The register: since when companies are listed, for whom that was asked, and that its word was used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from http.client import HTTPConnection, HTTPSConnection
from typing import Any

_PATIENCE = 1.5
"""Seconds; a plugin has two for its answer, and it is better that we say what was too slow."""
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})


def listed_since(host: str, askers: Mapping[str, Sequence[int]]) -> Mapping[str, date]:
    """Give the day by domain, knowing the persons for whom each is asked; who is not listed is left out.

    Raises `OSError`, `ValueError` or `KeyError` where the register doesn't answer as it should, which the
    product notes; nobody is taken for unlisted because of that.
    """
    asked = [{"domain": domain, "for": list(persons)} for domain, persons in sorted(askers.items())]
    said = _call(host, "POST", "/v1/companies", {"lookups": asked})
    return {one["domain"]: date.fromisoformat(one["since"]) for one in said["companies"]}


def used(host: str, key: str) -> None:
    """Tell the register that its word was used once, by a key that it counts once however often it comes.

    Raises `OSError` where it doesn't take that, so that it is told again later.
    """
    _call(host, "POST", "/v1/uses", {"key": key})


def lookups(host: str, person: int) -> Sequence[Mapping[str, str]]:
    """Give what the register keeps of the look-ups for one person: which domain, and when."""
    return [{"domain": one["domain"], "at": one["at"]} for one in _call(host, "GET", f"/v1/lookups/{person}")]


def forget(host: str, person: int | None = None) -> int:
    """Have it forget the look-ups for one person, or for all; gives how many there were."""
    path = "/v1/lookups" if person is None else f"/v1/lookups/{person}"
    return int(_call(host, "DELETE", path)["forgotten"])


def _call(host: str, method: str, path: str, content: object = None) -> Any:
    here = host.partition(":")[0] in _THIS_MACHINE
    connection = (HTTPConnection if here else HTTPSConnection)(host, timeout=_PATIENCE)
    try:
        body = None if content is None else json.dumps(content)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        if reply.status != 200:
            raise ConnectionError(f"the register answered {reply.status}")
        return json.load(reply)
    finally:
        connection.close()
