"""A tenant's manifests: every version that was ever active, and from when to when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from so_privacy_ext.ports import Ledgers
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

_sql = Statements("manifests")


@dataclass(frozen=True, slots=True)
class Activation:
    """One stretch of time in which one manifest decided."""

    manifest_id: int
    digest: str
    who: str
    active_from: datetime
    active_to: datetime | None


@dataclass(frozen=True, slots=True)
class Moved:
    """What a manifest calls otherwise than the one before, old key → new."""

    mails: Mapping[str, str] = field(default_factory=dict)
    purposes: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


NOTHING_MOVED = Moved()


def active(session: TenantSession) -> tuple[bytes, str] | None:
    """Give the bytes and the digest of the manifest that decides now."""
    row = session.row(_sql["active"])
    return None if row is None else (row["content"], row["digest"])


def by_digest(session: TenantSession, digest: str) -> bytes | None:
    """Give a manifest that is or was active."""
    row = session.row(_sql["by_digest"], {"digest": digest})
    return None if row is None else row["content"]


def listed(session: TenantSession) -> Sequence[Activation]:
    """List all activations, newest first."""
    return [Activation(**row) for row in session.rows(_sql["list"])]


def activate(
    session: TenantSession,
    ledgers: Ledgers,
    content: bytes,
    *,
    who: str,
    tell_from: datetime | None = None,
    moved: Moved = NOTHING_MOVED,
) -> bool:
    """Let this manifest decide from now on, under the turn; False if it does already.

    What is known under keys that it calls otherwise goes along, so that nobody is told twice and no consent
    lives longer for a new name. The first activation is the tenant's start, from which on persons are told,
    unless `tell_from` says another; given later, it moves the start.
    """
    digest = hashlib.sha256(content).hexdigest()
    with ledgers.transaction():
        standing = active(session)
        changed = standing is None or standing[1] != digest
        if changed:
            session.run(_sql["end"])
            session.run(_sql["begin"], {"digest": digest, "content": content, "who": who})
            _move(session, moved)
        session.run(_sql["tell_from"], {"tell_from": tell_from})
        if changed or tell_from is not None:
            told = {} if tell_from is None else {"tell_from": tell_from.isoformat()}
            ledgers.journal.append("manifest_activated", None, {"digest": digest, "who": who, **told})
    return changed


def _move(session: TenantSession, moved: Moved) -> None:
    """Have what is kept under old keys be kept under the new ones, unless something is there already."""
    for names, statements in (
        (moved.mails, ("move_mails", "move_duties", "move_reviews_of_mails")),
        (moved.purposes, ("move_effects", "move_ends", "move_reviews_of_purposes")),
        (moved.sources, ("move_sources",)),
    ):
        for old, new in names.items():
            for statement in statements:
                session.run(_sql[statement], {"old": old, "new": new})
