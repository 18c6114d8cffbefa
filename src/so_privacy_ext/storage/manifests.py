"""A tenant's manifests: every version that was ever active, and from when to when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from so_privacy_ext.errors import Exit, Refused
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
    reason: str
    """Why it was activated, in the words of whoever did; may be empty."""
    approved_by: str | None
    """Who else agreed, where the tenant demands it."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """Why a manifest is activated, and who besides `who` agreed to it."""

    reason: str = ""
    by: str | None = None
    alone: bool = False
    """The operator did without anybody's agreement where the tenant demands it."""


_NOBODY_ASKED = Agreed()


@dataclass(frozen=True, slots=True)
class Moved:
    """What a manifest calls otherwise than the one before, old key → new."""

    mails: Mapping[str, str] = field(default_factory=dict)
    purposes: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


NOTHING_MOVED = Moved()


def none_decides(besides: str = "") -> Refused:
    """Say that no manifest of the tenant's decides yet, and what helps; `besides`, what else would."""
    how = f"so-privacy manifest activate FILE{besides and f', or {besides}'}"
    return Refused("no_manifest", "no manifest decides yet", how, Exit.CONFIG)


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


def shown(session: TenantSession, manifest_id: int) -> tuple[Activation, bytes, bytes | None]:
    """Give an activation with its manifest's bytes, and those of the one before it."""
    row = session.row(_sql["shown"], {"manifest_id": manifest_id})
    if row is None:
        what = f"this tenant has no version {manifest_id}"
        raise Refused("not_found", what, "see `manifest list`", Exit.NO_INPUT)
    content, before = row.pop("content"), row.pop("before")
    return Activation(**row), content, before


def activate(
    session: TenantSession,
    ledgers: Ledgers,
    content: bytes,
    *,
    who: str,
    tell_from: datetime | None = None,
    moved: Moved = NOTHING_MOVED,
    agreed: Agreed = _NOBODY_ASKED,
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
            values = {"digest": digest, "content": content, "who": who}
            session.run(_sql["begin"], {**values, "reason": agreed.reason, "approved_by": agreed.by})
            _move(session, moved)
        session.run(_sql["tell_from"], {"tell_from": tell_from})
        if changed or tell_from is not None:
            told = {"digest": digest, "who": who, **_told(agreed)}
            if tell_from is not None:
                told["tell_from"] = tell_from.isoformat()
            ledgers.journal.append("manifest_activated", None, told)
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


def _told(agreed: Agreed) -> dict[str, str | bool]:
    """Give what the journal keeps of an agreement, and nothing where there was none."""
    told = {"reason": agreed.reason, "approved_by": agreed.by, "alone": agreed.alone}
    return {name: value for name, value in told.items() if value}
