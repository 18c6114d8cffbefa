"""What we created in a tenant's lists: kept before the CRM is asked, and still known once it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("provisioned")


@dataclass(frozen=True, slots=True)
class Provisioned:
    """One item of a privacy list that we created, or were about to."""

    kind: str
    """`source` or `purpose`."""
    key: str
    item_id: int | None
    """None while nobody knows whether the CRM has created it."""
    created_at: datetime | None
    removed_at: datetime | None
    """When we marked it deleted."""


def listed(session: TenantSession) -> Sequence[Provisioned]:
    """List all items, also those that were taken away again."""
    return [Provisioned(**row) for row in session.rows(_sql["list"])]


def intend(session: TenantSession, kind: str, key: str) -> None:
    """Keep that an item is about to be created, or brought back."""
    session.run(_sql["intend"], {"kind": kind, "key": key})


def created(session: TenantSession, kind: str, key: str, item_id: int) -> None:
    """Keep that the CRM has the item, and its id there."""
    session.run(_sql["created"], {"kind": kind, "key": key, "item_id": item_id})


def removed(session: TenantSession, kind: str, key: str) -> None:
    """Keep that the item is marked deleted in the CRM."""
    session.run(_sql["removed"], {"kind": kind, "key": key})
