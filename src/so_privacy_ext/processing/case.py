"""A case: one person's ruling on its way from kept to done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.model import Consent, Person
from so_privacy_ext.ports import EffectIntent, KeptDecision


@dataclass(slots=True)
class Case:
    """Carries what has happened so far; it is written down once, at the end."""

    kept: KeptDecision
    person: Person
    consents: Mapping[str, Consent]
    """As last read, so that a decision is never carried out on an older state."""
    intents: list[EffectIntent] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    """Purpose → why it was not written."""
    written: list[str] = field(default_factory=list)
    for_humans: list[tuple[str, str]] = field(default_factory=list)
    """(kind of review, purpose) that a human must see."""
    mail: str | None = None
    """`sent`, `unknown`, or the reason for no mail; None until told."""
    gone: bool = False
    failure: CrmFailure | None = None
    """Why this case can't be finished now."""

    @property
    def result(self) -> str:
        """Give the one reason code under which the case's events are closed."""
        if self.gone:
            return "gone"
        if self.written or self.mail in {"sent", "unknown"}:
            return "effect"
        reasons = [reason for reason in self.left.values() if reason != "no_effect"]
        return reasons[0] if reasons else "nothing_decided"
