"""Names a reading of a tenant's lists, so that it is known again where it says the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields
from typing import Any

from so_privacy_ext.model import TenantLists

_SAYS_WHO_WORKS_THERE = "associates"
"""Logins come and go, and who wrote what is looked at anew for each person."""


def lists_digest(lists: TenantLists) -> str:
    """Give the SHA-256, in hex, of all that a plan or a proposal depends on."""
    said = {
        part.name: getattr(lists, part.name) for part in fields(lists) if part.name != _SAYS_WHO_WORKS_THERE
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else asdict(value)
