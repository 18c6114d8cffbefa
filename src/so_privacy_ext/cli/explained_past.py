"""What was decided for a person and told to her until now, in lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.model import PersonId
from so_privacy_ext.rules.wording import Wording
from so_privacy_ext.storage import registers
from so_privacy_ext.storage.registers import DutyToPerson, MailOfPerson, PastDecision
from so_privacy_ext.storage.session import TenantSession


@dataclass(frozen=True, slots=True)
class Past:
    """What is kept of a person."""

    decision: PastDecision | None
    mails: Sequence[MailOfPerson]
    duties: Sequence[DutyToPerson]


def of(session: TenantSession, person_id: PersonId) -> Past:
    """Read the last decision, the mails and the duties."""
    return Past(
        next(iter(registers.decisions_of(session, person_id, limit=1)), None),
        registers.mails_of(session, person_id),
        registers.duties_of(session, person_id),
    )


def lines(past: Past, said: Wording) -> Iterator[str]:
    """Say all that is kept."""
    last = past.decision
    if last is not None:
        result = last.result or said.say("past", "unfinished")
        digest = last.decision.ruling.digest[:12]
        yield said.say("past", "decided", at=_at(last.decision.decided_at), digest=digest, result=result)
        for one in last.effects:
            held = one.result or said.say("past", "unread")
            filled = {"purpose": one.purpose, "basis": one.basis, "source": one.source}
            yield "  " + said.say("past", "effect", result=held, **filled)
    for mail in past.mails:
        filled = {"mail": mail.mail, "version": str(mail.version), "state": mail.state}
        yield said.say("past", "mail", at=_at(mail.claimed_at), since=_at(mail.state_at), **filled)
        if mail.why is not None:
            yield "  " + said.say("past", "why", channel=mail.channel, why=mail.why)
    for duty in past.duties:
        closed = said.say("past", "open")
        if duty.closed_at is not None:
            closed = said.say("past", "closed", at=_at(duty.closed_at), how=duty.how)
        filled = {"mail": duty.mail, "article": str(duty.article), "closed": closed}
        yield said.say("past", "duty", due=_at(duty.due_at), **filled)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
