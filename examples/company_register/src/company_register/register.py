"""The register: since when the companies of some domains have been listed, and that its word was used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from http.client import HTTPConnection, HTTPSConnection

_PATIENCE = 1.5
"""Seconds; a plugin has two for its answer, and it is better that we say what was too slow."""
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})


def listed_since(host: str, domains: Sequence[str]) -> Mapping[str, date]:
    """Give the day by domain; whose company is not listed is left out.

    Raises `OSError`, `ValueError` or `KeyError` where the register doesn't answer as it should, which the
    product notes; nobody is taken for unlisted because of that.
    """
    reply = _post(host, "/v1/companies", {"domains": list(domains)})
    return {one["domain"]: date.fromisoformat(one["since"]) for one in json.loads(reply)["companies"]}


def used(host: str, key: str) -> None:
    """Tell the register that its word was used once, by a key that it counts once however often it comes.

    Raises `OSError` where it doesn't take that, so that it is told again later.
    """
    _post(host, "/v1/uses", {"key": key})


def _post(host: str, path: str, content: Mapping[str, object]) -> bytes:
    here = host.partition(":")[0] in _THIS_MACHINE
    connection = (HTTPConnection if here else HTTPSConnection)(host, timeout=_PATIENCE)
    try:
        connection.request("POST", path, json.dumps(content), {"Content-Type": "application/json"})
        reply = connection.getresponse()
        if reply.status != 200:
            raise ConnectionError(f"the register answered {reply.status}")
        return reply.read()
    finally:
        connection.close()
