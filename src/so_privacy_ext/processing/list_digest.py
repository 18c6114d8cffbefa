"""Names a reading of a tenant's lists, so that a plan is known that was made by another one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from so_privacy_ext.model import TenantLists


def list_digest(lists: TenantLists) -> str:
    """Give the SHA-256, in hex, of all that a plan depends on but for who works there."""
    kept = {key: value for key, value in asdict(lists).items() if key != "associates"}
    text = json.dumps(kept, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return dict(value)
