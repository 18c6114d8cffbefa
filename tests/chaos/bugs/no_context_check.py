"""Seeded bug: the body's word is taken for the tenant's, so a clone's deliveries pass for the original's."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from so_privacy_ext.webhooks import payload
from tests.chaos.product import Database


def prepare(database: Database) -> None:
    """Change nothing at rest."""
    del database


def apply() -> None:
    """Compare the body with itself."""
    parse = payload.parse

    def trusting(body: bytes, context_identifier: Any, **named: Any) -> Any:
        with suppress(ValueError, KeyError, TypeError):
            context_identifier = json.loads(body)["ContextIdentifier"]
        return parse(body, context_identifier, **named)

    payload.parse = trusting
