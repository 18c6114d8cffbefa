"""Compares what two manifests decide for the same persons, purpose by purpose, and whom they tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from so_privacy_ext.model import STORE, Decision, Outcome, PersonId, Ruling
from so_privacy_ext.rules.silence import silence

MAIL = "mail"
NOTHING = "nothing"
"""What is decided where no rule decides."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One thing that comes out otherwise."""

    what: str
    """A purpose, or `mail`."""
    before: str
    before_rule: str
    """The id of the rule that decides it; empty where none does."""
    after: str
    after_rule: str


@dataclass(frozen=True, slots=True)
class Consequence:
    """A change, and for whom."""

    change: Change
    persons: Sequence[PersonId]
    """In their order, each once."""


def changes(before: Ruling, after: Ruling) -> Iterator[Change]:
    """Give what comes out otherwise; another rule that decides the same is no change."""
    earlier, later = ({one.purpose: one for one in ruling.decisions} for ruling in (before, after))
    for purpose in sorted({*earlier, *later}, key=lambda key: (key != STORE, key)):
        old, new = earlier.get(purpose), later.get(purpose)
        if outcome(old) != outcome(new):
            yield Change(purpose, outcome(old), _rule(old), outcome(new), _rule(new))
    old_mail, new_mail = mail(before), mail(after)
    if old_mail != new_mail:
        yield Change(MAIL, old_mail, before.tell_rule or "", new_mail, after.tell_rule or "")


def outcome(decision: Decision | None) -> str:
    """Write what was decided for one purpose, such as `61F/CARD for P12M`."""
    if decision is None:
        return NOTHING
    if decision.outcome is not Outcome.GIVE:
        return str(decision.outcome)
    period = f" for {decision.expires}" if decision.expires else ""
    return f"{decision.basis}/{decision.source}{period}"


def mail(ruling: Ruling) -> str:
    """Name the mail that a ruling asks for, or the reason of its own for which there is none."""
    silent = silence(ruling, store_withdrawn=STORE in ruling.withdrawn, before_start=False)
    return f"none ({silent})" if silent is not None or ruling.tell is None else ruling.tell


def _rule(decision: Decision | None) -> str:
    return decision.rule_id if decision is not None else ""
