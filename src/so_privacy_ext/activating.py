"""Lets a manifest decide for a tenant: it must fit what the tenant has and break no law."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.ports import Clock
from so_privacy_ext.rules.activation import resolve
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.lint.law import LintFinding
from so_privacy_ext.rules.lint.linting import judge
from so_privacy_ext.rules.lint.subject import Subject, TenantKnowledge
from so_privacy_ext.rules.manifest import Manifest, parse
from so_privacy_ext.rules.protection import breaches
from so_privacy_ext.storage import manifests
from so_privacy_ext.storage.manifests import Moved
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.superoffice.crm import SuperOfficeCrm


@dataclass(frozen=True, slots=True)
class Activated:
    """What came of an activation."""

    changed: bool
    """False when the manifest decided already."""
    findings: Sequence[LintFinding]
    """Warnings and notes, none of which refuses it."""


class Activating:
    """Made for a turn, since the CRM is."""

    def __init__(self, turn: Turn, crm: SuperOfficeCrm, is_strict: Callable[[], bool], clock: Clock) -> None:
        self._turn = turn
        self._crm = crm
        self._is_strict = is_strict
        self._clock = clock

    def knowledge(self) -> TenantKnowledge:
        """Read of the tenant what laws ask for, as it is at this moment."""
        self._crm.forget_lists()
        return TenantKnowledge(self._crm.lists(), strict_mode=self._is_strict())

    def fit(self, manifest: Manifest) -> Sequence[LintFinding]:
        """Give warnings and notes; raises `ManifestInvalid` with what it lacks or breaks."""
        knowledge = self.knowledge()
        resolve(manifest, knowledge.lists)
        return judge(Subject(manifest, self._clock.now().date(), knowledge))

    def activate(
        self,
        manifest: Manifest,
        content: bytes,
        *,
        who: str,
        tell_from: datetime | None,
        unprotect: Collection[str] = (),
    ) -> Activated:
        """Let a manifest, with its bytes, decide from now on, if it fits.

        Purposes that the one before it protects stay as they are, but for those that are given up.
        """
        turn = self._turn
        findings = self.fit(manifest)
        self._refuse_breaches(manifest, unprotect)
        moved = manifest.content.moved
        changed = manifests.activate(
            turn.session,
            turn.ledgers,
            content,
            who=who,
            tell_from=tell_from,
            moved=Moved(moved.mails, moved.purposes, moved.sources) if moved else Moved(),
        )
        turn.unpark()
        turn.wake()
        return Activated(changed, findings)

    def _refuse_breaches(self, manifest: Manifest, unprotect: Collection[str]) -> None:
        standing = self._turn.manifest()
        if standing is None:
            return
        old = parse(standing[0], standing[1][:12])
        known = {key for key, one in old.content.purposes.items() if one.protect}
        strange = sorted(set(unprotect) - known)
        if strange:
            how = f"protected are: {', '.join(sorted(known)) or 'none'}"
            raise Refused("not_protected", f"no protected purpose {', '.join(strange)}", how, Exit.USAGE)
        found = list(breaches(old, manifest, unprotect))
        if found:
            raise ManifestInvalid(manifest.filename, found)
