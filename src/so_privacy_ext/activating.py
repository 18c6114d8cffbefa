"""Lets a manifest decide for a tenant: it must fit what the tenant has and break no law."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.model import TenantLists
from so_privacy_ext.ports import Clock
from so_privacy_ext.processing.addresses import keyed_hash
from so_privacy_ext.rules.activation import resolve_what_stands
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.law import LintFinding
from so_privacy_ext.rules.lint.linting import judge
from so_privacy_ext.rules.lint.subject import Subject, TenantKnowledge
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.protection import breaches
from so_privacy_ext.rules.restored import hashed_texts
from so_privacy_ext.rules.vocabulary import PRODUCT_WORDS
from so_privacy_ext.storage import manifests, proposals, sweeps
from so_privacy_ext.storage.manifests import Agreed, Moved
from so_privacy_ext.storage.past import decided_since
from so_privacy_ext.storage.proposals import Ending, Wish
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.superoffice.crm import SuperOfficeCrm
from so_privacy_ext.trial.shares import shares

_KNOWN_FOR = timedelta(days=90)
"""Persons of whom something was decided since then are those whom we know."""


@dataclass(frozen=True, slots=True)
class Activated:
    """What came of an activation."""

    changed: bool
    """False when the manifest decided already."""
    findings: Sequence[LintFinding]
    """Warnings and notes, none of which refuses it."""


class Activating:
    """Made for a turn, since the CRM is."""

    def __init__(
        self,
        turn: Turn,
        crm: SuperOfficeCrm,
        is_strict: Callable[[], bool],
        clock: Clock,
        words: Words = PRODUCT_WORDS,
        *,
        channels: Collection[str] | None = None,
    ) -> None:
        self._turn = turn
        self._crm = crm
        self._is_strict = is_strict
        self._clock = clock
        self.words = words
        """Of the tenant's manifests."""
        self._channels = channels

    def knowledge(self, manifest: Manifest | None = None) -> TenantKnowledge:
        """Read of the tenant what laws ask for, as it is now; with a manifest, whom it would reach."""
        self._crm.forget_lists()
        lists = self._crm.lists()
        reach = self._shares(manifest, lists) if manifest is not None else None
        return TenantKnowledge(lists, self._is_strict(), self._swept_at(), reach, self._channels)

    def _shares(self, manifest: Manifest, lists: TenantLists) -> Mapping[str, float] | None:
        tenant = self._turn.tenant
        texts = hashed_texts([manifest], lambda text: keyed_hash(text, tenant.address_key))
        kept = decided_since(self._turn.session, tenant.epoch, self._clock.now() - _KNOWN_FOR)
        return shares(kept, resolve_what_stands(manifest, lists), texts)

    def _swept_at(self) -> datetime | None:
        """Give when the last sweep ended; before the first manifest none is due."""
        last = sweeps.statements(self._turn.session, limit=1)
        if last:
            return last[0].finished_at
        return None if self._turn.manifest() is not None else self._clock.now()

    def fit(self, manifest: Manifest) -> Sequence[LintFinding]:
        """Give warnings and notes; raises `ManifestInvalid` with what it lacks or breaks."""
        return judge(Subject(manifest, self._clock.now().date(), self.knowledge(manifest)))

    def activate(
        self,
        manifest: Manifest,
        content: bytes,
        *,
        who: str,
        tell_from: datetime | None,
        unprotect: Collection[str] = (),
        agreed: Agreed | None = None,
    ) -> Activated:
        """Let a manifest, with its bytes, decide from now on, if it fits and everybody asked has agreed.

        Purposes that the one before it protects stay as they are, but for those that are given up. An open
        proposal of another one lapses, since it was made against what decided until now.
        """
        agreed, turn = agreed or Agreed(), self._turn
        if agreed.by is None and not agreed.alone and proposals.demanded(turn.session):
            raise proposals.second_pair_of_eyes("a manifest")
        findings = self.fit(manifest)
        self.refuse_breaches(manifest, unprotect)
        moved = manifest.content.moved
        with turn.ledgers.transaction():
            changed = manifests.activate(
                turn.session,
                turn.ledgers,
                content,
                who=who,
                tell_from=tell_from,
                moved=Moved(moved.mails, moved.purposes, moved.sources) if moved else Moved(),
                agreed=agreed,
            )
            if changed or agreed.by:
                ending = Ending.APPROVED if agreed.by else Ending.LAPSED
                proposals.settle_kind(turn.session, turn.ledgers, Wish.MANIFEST, ending, agreed.by)
        turn.unpark()
        turn.wake()
        return Activated(changed, findings)

    def refuse_breaches(self, manifest: Manifest, unprotect: Collection[str] = ()) -> None:
        """Raise `ManifestInvalid` where it loosens what the one that decides protects."""
        standing = self._turn.manifest()
        if standing is None:
            return
        old = parse(standing[0], standing[1][:12], self.words)
        known = {key for key, one in old.content.purposes.items() if one.protect}
        strange = sorted(set(unprotect) - known)
        if strange:
            how = f"protected are: {', '.join(sorted(known)) or 'none'}"
            raise Refused("not_protected", f"no protected purpose {', '.join(strange)}", how, Exit.USAGE)
        found = list(breaches(old, manifest, unprotect))
        if found:
            raise ManifestInvalid(manifest.filename, found)
