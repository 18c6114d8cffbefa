"""Lets a manifest decide for a tenant: it must fit what the tenant has and break no law."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.ports import Clock
from so_privacy_ext.rules.activation import resolve
from so_privacy_ext.rules.lint.law import LintFinding
from so_privacy_ext.rules.lint.linting import judge
from so_privacy_ext.rules.lint.subject import Subject, TenantKnowledge
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.storage import manifests
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
        self, manifest: Manifest, content: bytes, *, who: str, tell_from: datetime | None
    ) -> Activated:
        """Let a manifest, with its bytes, decide from now on, if it fits."""
        findings = self.fit(manifest)
        turn = self._turn
        changed = manifests.activate(turn.session, turn.ledgers, content, who=who, tell_from=tell_from)
        turn.unpark()
        turn.wake()
        return Activated(changed, findings)
