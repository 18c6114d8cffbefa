"""Compares what a rule test expects with what happened: what is named must be so, and nothing else new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.model import Outcome
from so_privacy_ext.trial.scene import Decided, Happened
from so_privacy_ext.trial.shape import OUTCOME_WORDS, Expected, ExpectedOutcome, moment

ALREADY_RIGHT = "already_right"
NOTHING = "nothing"
_MIDNIGHT = "T00:00"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise."""

    what: str
    """A purpose, `mail`, or `language`."""
    expected: str
    found: str


def differences(expected: Expected, happened: Happened, purposes: tuple[str, ...]) -> list[Difference]:
    """Give all that came out otherwise than expected; none if the test holds."""
    wanted = _wanted(expected, purposes)
    return [
        *_missed(wanted, expected.rule, happened),
        *_unexpected(wanted, happened.decided),
        *_mail(expected, happened),
    ]


def _wanted(expected: Expected, purposes: tuple[str, ...]) -> Mapping[str, ExpectedOutcome]:
    if isinstance(expected.give, str):
        return dict.fromkeys(purposes, ExpectedOutcome(outcome=expected.give))
    return {purpose: _written_out(one) for purpose, one in expected.give.items()}


def _written_out(outcome: str | ExpectedOutcome) -> ExpectedOutcome:
    """Read `61F/CARD` and `deny` as what they are short for."""
    if isinstance(outcome, ExpectedOutcome):
        return outcome
    if outcome in OUTCOME_WORDS:
        return ExpectedOutcome.model_validate({"outcome": outcome})
    basis, _, source = outcome.partition("/")
    return ExpectedOutcome(basis=basis, source=source or None)


def _missed(
    wanted: Mapping[str, ExpectedOutcome], rule: str | None, happened: Happened
) -> Iterator[Difference]:
    for purpose, one in wanted.items():
        decided = happened.decided.get(purpose)
        by = one.rule or rule
        if decided is None:
            found = "withdrawn, so not decided" if purpose in happened.ruling.withdrawn else "not decided"
            yield Difference(purpose, _said(one, by), found)
        elif not _is(one, by, decided):
            yield Difference(purpose, _said(one, by), told(decided))


def _is(wanted: ExpectedOutcome, rule: str | None, found: Decided) -> bool:
    decision = found.decision
    if rule not in {None, decision.rule_id}:
        return False
    if wanted.outcome is not None:
        return decision.outcome == wanted.outcome
    return (
        decision.basis == wanted.basis
        and wanted.source in {None, decision.source}
        and _is_end(wanted.until, found.until)
        and (found.left == wanted.left if wanted.left else found.left in {None, ALREADY_RIGHT})
    )


def _is_end(wanted: str | None, found: datetime | None) -> bool:
    if wanted is None or found is None:
        return wanted is None and found is None
    return moment(wanted) == found if "T" in wanted else moment(wanted).date() == found.date()


def _unexpected(
    wanted: Mapping[str, ExpectedOutcome], decided: Mapping[str, Decided]
) -> Iterator[Difference]:
    for purpose, one in decided.items():
        if one.is_new and purpose not in wanted:
            yield Difference(purpose, NOTHING, told(one))


def _mail(expected: Expected, happened: Happened) -> Iterator[Difference]:
    wanted = expected.tell or (f"none ({expected.no_mail})" if expected.no_mail else "none")
    found = happened.tell or f"none ({happened.no_mail})"
    if happened.tell != expected.tell or expected.no_mail not in {None, happened.no_mail}:
        yield Difference("mail", wanted, found)
    elif expected.language not in {None, happened.language}:
        yield Difference("language", expected.language or "", happened.language or "")


def _said(one: ExpectedOutcome, rule: str | None) -> str:
    if one.outcome is not None:
        said = str(one.outcome)
    else:
        said = (one.basis or "") + (f"/{one.source}" if one.source else "")
        said += f" until {one.until}" if one.until else " without end"
        said += f", left ({one.left})" if one.left else ""
    return said + (f" by {rule}" if rule else "")


def told(one: Decided) -> str:
    """Say what was decided for one purpose."""
    decision = one.decision
    if decision.outcome is not Outcome.GIVE:
        return f"{decision.outcome} by {decision.rule_id}"
    until = f" until {ended(one.until)}" if one.until else " without end"
    left = f", left ({one.left})" if one.left else ""
    return f"{decision.basis}/{decision.source}{until}{left} by {decision.rule_id}"


def ended(until: datetime) -> str:
    """Write a moment as a test would."""
    return until.strftime("%Y-%m-%dT%H:%M").removesuffix(_MIDNIGHT)
