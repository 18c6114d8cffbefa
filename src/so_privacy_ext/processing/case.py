"""A case: one person's ruling on its way from kept to done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.model import Consent, ConsentEnd, MailState, Person, Ruling
from so_privacy_ext.ports import EffectIntent, KeptDecision


class Held(StrEnum):
    """What a read-back says of an intent."""

    WRITTEN = "written"
    OVERWRITTEN_IN_BETWEEN = "overwritten_in_between"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    """The CRM refused it."""
    NOT_APPLIED = "not_applied"


EFFECTS = frozenset({Held.WRITTEN, Held.OVERWRITTEN_IN_BETWEEN})
_TOLD = frozenset({MailState.SENT, MailState.UNKNOWN})


@dataclass(slots=True)
class Case:
    """Carries what has happened so far; it is written down once, at the end."""

    kept: KeptDecision
    person: Person
    consents: Mapping[str, Consent]
    """As last read, so that a decision is never carried out on an older state."""
    resumed: bool = False
    """Begun in an earlier turn, which may have written and told already."""
    intents: list[EffectIntent] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    """Purpose → how its intent ended, in this turn or in an earlier one."""
    ends: list[ConsentEnd] = field(default_factory=list)
    """When what she gave herself comes to its end."""
    left: dict[str, str] = field(default_factory=dict)
    """Purpose → why it was not written."""
    for_humans: list[tuple[str, str]] = field(default_factory=list)
    """(kind of review, purpose or mail) that a human must see."""
    mail: str | None = None
    """`sent`, `unknown`, or the reason for no mail; None until told."""
    gone: bool = False
    by_plan: bool = False
    """An administrator has approved what is to be done, who may give again what was taken back before."""
    quiet: bool = False
    """Known of many at once: no human was ever asked of her, and nothing was written of late."""
    failure: CrmFailure | None = None
    """Why this case can't be finished now."""

    def ask_human(self, kind: str, subject: str) -> None:
        """Have a human see something, once."""
        if (kind, subject) not in self.for_humans:
            self.for_humans.append((kind, subject))

    @property
    def written(self) -> bool:
        """Tell whether all that was to be written has been, or has been left with a reason."""
        return all(one.purpose in self.held or one.purpose in self.left for one in self.intents)

    @property
    def result(self) -> str:
        """Give the one reason code under which the case's events are closed."""
        if not EFFECTS.isdisjoint(self.held.values()) or self.mail in _TOLD:
            return "effect"
        if self.gone:
            return "gone"
        reasons = [*self.held.values(), *(one for one in self.left.values() if one != "no_effect")]
        return reasons[0] if reasons else "nothing_decided"


def unkept(
    person: Person,
    ruling: Ruling,
    facts: Mapping[str, Any],
    now: datetime,
    *,
    by_plan: bool = False,
    quiet: bool = False,
) -> Case:
    """Make up the case of a ruling that is kept nowhere, or not yet; `facts` as they would be kept."""
    undecided = KeptDecision(0, person.person_id, ruling, facts, (), decided_at=now)
    return Case(kept=undecided, person=person, consents=person.consents, by_plan=by_plan, quiet=quiet)
