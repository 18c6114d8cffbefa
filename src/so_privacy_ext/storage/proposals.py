"""What one administrator wants and another has to agree to, where the tenant demands two pairs of eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.ports import Ledgers
from so_privacy_ext.storage.database import Row
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.statements import Statements

LONGEST_REASON = 500

_sql = Statements("proposals")


class Wish(StrEnum):
    """What is proposed."""

    MANIFEST = "manifest"
    """That a manifest decide; its subject is the digest."""
    RUN = "run"
    """That a run begin; its subject is the run's id."""
    PLUGIN = "plugin"
    """That a plugin be switched on as it is now; its subject is its name and its declaration."""
    ONE_PAIR = "one_pair"
    """That one pair of eyes be enough from now on."""


class Ending(StrEnum):
    """How a proposal ended."""

    APPROVED = "approved"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"
    """By whoever proposed it."""
    LAPSED = "lapsed"
    """What it was checked against has changed."""
    REPLACED = "replaced"
    """By a newer one of its kind."""


@dataclass(frozen=True, slots=True)
class NewProposal:
    """What somebody proposes, and what it was checked against."""

    kind: Wish
    subject: str
    reason: str
    ground: str
    who: str
    content: bytes | None = None
    """The manifest's bytes, or what a plugin says of itself as JSON."""
    tell_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as it is kept; open while `settled_at` is None."""

    proposal_id: int
    kind: Wish
    subject: str
    tell_from: datetime | None
    reason: str
    ground: str
    who: str
    proposed_at: datetime
    settled_at: datetime | None
    settled_as: Ending | None
    settled_by: str | None


def demanded(session: TenantSession) -> bool:
    """Tell whether the tenant demands two pairs of eyes."""
    return bool(session.one(_sql["demanded"])["two_pairs"])


def second_pair_of_eyes(subject: str) -> Refused:
    """Say that somebody must not decide this alone where the tenant demands two."""
    what = f"this tenant demands that a second administrator agrees to {subject}"
    how = "propose it on the administrator's page, or add --alone, which the journal notes"
    return Refused("second_pair_of_eyes", what, how, Exit.NO_PERMISSION)


def demand(session: TenantSession, ledgers: Ledgers, *, two_pairs: bool, who: str) -> bool:
    """Demand two pairs of eyes from now on, or be content with one; journaled. False if it was so already."""
    with ledgers.transaction():
        changed = session.run(_sql["demand"], {"demanded": two_pairs}) > 0
        if changed:
            ledgers.journal.append("two_pairs_of_eyes", None, {"demanded": two_pairs, "who": who})
    return changed


def keep(session: TenantSession, ledgers: Ledgers, new: NewProposal) -> int:
    """Keep a proposal, which replaces an open one of its kind; give its id."""
    with ledgers.transaction():
        settle_kind(session, ledgers, new.kind, Ending.REPLACED, new.who)
        values = {
            "kind": new.kind,
            "subject": new.subject,
            "content": new.content,
            "tell_from": new.tell_from,
            "reason": new.reason,
            "ground": new.ground,
            "who": new.who,
        }
        proposal_id = int(session.one(_sql["keep"], values)["proposal_id"])
        told = {"proposal_id": proposal_id, "kind": new.kind, "subject": new.subject, "who": new.who}
        ledgers.journal.append("proposed", None, {**told, "reason": new.reason})
    return proposal_id


def listed(session: TenantSession, *, limit: int = 20) -> Sequence[Proposal]:
    """List proposals, the open ones first, then the newest."""
    return [_proposal(row) for row in session.rows(_sql["listed"], {"limit": limit})]


def waiting(session: TenantSession) -> int:
    """Count the open ones."""
    return int(session.one(_sql["waiting"])["waiting"])


def shown(session: TenantSession, proposal_id: int) -> tuple[Proposal, bytes | None]:
    """Show one with its manifest's bytes."""
    row = session.row(_sql["shown"], {"proposal_id": proposal_id})
    if row is None:
        raise Refused(
            "not_found", f"this tenant has no proposal {proposal_id}", "see the list", Exit.NO_INPUT
        )
    content = row.pop("content")
    return _proposal(row), content


def agreed_to(session: TenantSession, kind: Wish, subject: str) -> bool:
    """Tell whether two have agreed to this, and it was not `done` since."""
    return bool(session.one(_sql["agreed_to"], {"kind": kind, "subject": subject})["agreed"])


def done(session: TenantSession, ledgers: Ledgers, kind: Wish, subject: str) -> None:
    """Use up the agreement of two, since what they agreed to is done; what is still proposed lapses."""
    values = {"kind": kind, "subject": subject}
    with ledgers.transaction():
        session.run(_sql["done"], values)
        for row in session.rows(_sql["opened"], values):
            settle(session, ledgers, row["proposal_id"], Ending.LAPSED, None)


def settle(
    session: TenantSession, ledgers: Ledgers, proposal_id: int, settled_as: Ending, by: str | None
) -> bool:
    """Settle a proposal; False if it was settled before."""
    with ledgers.transaction():
        values = {"proposal_id": proposal_id, "settled_as": settled_as, "settled_by": by}
        done = session.run(_sql["settle"], values) > 0
        if done:
            told = {"proposal_id": proposal_id, "as": settled_as, "who": by}
            ledgers.journal.append("proposal_settled", None, told)
    return done


def settle_kind(
    session: TenantSession, ledgers: Ledgers, kind: Wish, settled_as: Ending, by: str | None
) -> bool:
    """Settle the open proposal of a kind; False if there is none."""
    with ledgers.transaction():
        values = {"kind": kind, "settled_as": settled_as, "settled_by": by}
        done = session.run(_sql["settle_kind"], values) > 0
        if done:
            ledgers.journal.append("proposal_settled", None, {"kind": kind, "as": settled_as, "who": by})
    return done


def _proposal(row: Row) -> Proposal:
    ended = row["settled_as"]
    return Proposal(**{**row, "kind": Wish(row["kind"]), "settled_as": ended and Ending(ended)})
