"""The nouns of a plan: what a manifest would do to one person, and to all of a tenant's persons together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from so_privacy_ext.model import Consent, ContextIdentifier, Epoch, LastIds, Mark, PersonId


@dataclass(frozen=True, slots=True)
class Standing:
    """A consent as it stood when the plan was made; the CRM counts each write of a row."""

    basis: str
    source: str
    updated_count: int


def standing(consents: Mapping[str, Consent]) -> dict[str, Standing]:
    """Say how a person's consents stand, by purpose."""
    return {
        purpose: Standing(row.basis, row.source, row.updated_count)
        for purpose, row in sorted(consents.items())
    }


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """A consent that is to be written; what it is written over is in the person's `stands`."""

    purpose: str
    rule_id: str
    basis: str
    source: str
    expires: str | None = None
    """ISO 8601 period in calendar months or years from the write, such as `P12M`."""


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """What a plan says of one person, by ids, keys and numbers; who is left as she is has no entry."""

    person_id: PersonId
    seen: Mark
    """How far she had come; whoever has come further since is not what the plan was made for."""
    stands: Mapping[str, Standing]
    """By purpose, all that stood."""
    rules: Mapping[str, str]
    """Purpose → the rule that decides it."""
    writes: tuple[PlannedWrite, ...] = ()
    mail: str | None = None
    """Key of the mail that is to be sent to her."""
    mail_rule: str | None = None
    """The rule that tells, whether or not there is a mail."""
    no_mail: str | None = None
    """Why there is none, where `mail` says none."""
    reviews: tuple[tuple[str, str], ...] = ()
    """(kind of review, purpose or mail) that a human will be asked."""
    left: Mapping[str, str] = field(default_factory=dict)
    """Purpose → why a rule's basis is not written over what stands: a human's word, her own, and the like."""
    denied: tuple[str, ...] = ()
    """Purposes that a rule denies and for which a basis stands all the same; nothing takes it away."""


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many persons one rule touches, each counted once in each figure."""

    rule_id: str
    gets: int = 0
    """Who gets a consent for a purpose for which nothing stood."""
    changes: int = 0
    """Who gets another basis or source than the one that stood."""
    denied: int = 0
    """Who holds a basis that the rule denies."""
    mails: int = 0
    reviews: int = 0
    left: int = 0
    touched: int = 0
    """Who gets or changes anything by it."""
    max_changes: str | None = None
    """The manifest's limit of harm, such as `5%` of all persons."""

    def breaks(self, persons: int) -> bool:
        """Tell whether it touches more of so many persons than it may."""
        return self.max_changes is not None and self.touched * 100 > int(self.max_changes[:-1]) * persons


@dataclass(frozen=True, slots=True)
class PlanHead:
    """What a plan was made of, and what it comes to."""

    tenant: ContextIdentifier
    environment: str
    epoch: Epoch
    manifest: str
    """SHA-256 of the manifest file's bytes, hex."""
    manifest_name: str
    lists: str
    """Digest of the tenant's lists by which it was decided."""
    made_at: datetime
    last_ids: LastIds
    """The highest ids that the CRM had given out when the reading began; who came later is not in it."""
    tell_from: datetime | None
    """Persons registered since then are told; None: the plan sends no mail to anybody."""
    persons: int
    """All that were read, whether or not there is anything to do."""
    rules: tuple[RuleCount, ...]
    """Every rule of the manifest, in its order."""
    no_mail: Mapping[str, int]
    """Reason for no mail → how many of all persons."""

    @property
    def broken(self) -> tuple[str, ...]:
        """Name the rules that touch more persons than they may."""
        return tuple(one.rule_id for one in self.rules if one.breaks(self.persons))

    @property
    def changes_anything(self) -> bool:
        """Tell whether it writes, mails, or asks a human."""
        return any(one.touched or one.mails or one.reviews for one in self.rules)
