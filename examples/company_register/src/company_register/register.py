"""The register's one question: since when the companies of some domains have been listed."""

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
    here = host.partition(":")[0] in _THIS_MACHINE
    connection = (HTTPConnection if here else HTTPSConnection)(host, timeout=_PATIENCE)
    try:
        asked = json.dumps({"domains": list(domains)})
        connection.request("POST", "/v1/companies", asked, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        if reply.status != 200:
            raise ConnectionError(f"the register answered {reply.status}")
        return {one["domain"]: date.fromisoformat(one["since"]) for one in json.load(reply)["companies"]}
    finally:
        connection.close()
