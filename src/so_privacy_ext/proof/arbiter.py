"""Settles a decision against what stands: nothing outranks a person, and a human comes before a rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from so_privacy_ext.model import EXPLICIT_CONSENT, WITHDRAWN, Authority, Consent, Decision, Outcome


class Reason(StrEnum):
    """Why a row is left as it stands."""

    NO_EFFECT = "no_effect"
    """The rule keeps, denies, asks for review or wants none: nothing is to be written."""
    WITHDRAWN = "withdrawn"
    ALREADY_RIGHT = "already_right"
    EXPLICIT_CONSENT = "explicit_consent"
    """Somebody said yes for the person; only the person changes that."""
    PERSON = "person"
    HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Write:
    """The row is to be written with this basis and source."""

    purpose: str
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The row stays as it is."""

    reason: Reason


_BINDING = {Authority.PERSON: Reason.PERSON, Authority.HUMAN: Reason.HUMAN}


def settle(decision: Decision, current: Consent | None, authority: Authority | None) -> Write | Leave:
    """Say what becomes of one decision; a row whose writer is not known is treated as a human's."""
    if decision.outcome is not Outcome.GIVE or decision.basis is None or decision.source is None:
        return Leave(Reason.NO_EFFECT)
    if current is not None:
        left = _left(decision, current, authority or Authority.HUMAN)
        if left is not None:
            return Leave(left)
    return Write(decision.purpose, decision.basis, decision.source)


def _left(decision: Decision, current: Consent, authority: Authority) -> Reason | None:
    if current.basis == WITHDRAWN:
        return Reason.WITHDRAWN
    if (current.basis, current.source) == (decision.basis, decision.source):
        return Reason.ALREADY_RIGHT
    if current.basis == EXPLICIT_CONSENT and authority is not Authority.CRM_DEFAULT:
        return Reason.EXPLICIT_CONSENT
    return _BINDING.get(authority)
