"""Settles mails of which nobody knows whether they went out: the CRM's by its archive, others by a human."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.model import CRM_MAIL, MailState
from so_privacy_ext.ports import Duty, MailClaim
from so_privacy_ext.processing.blame import of_one_person
from so_privacy_ext.processing.work import CHUNK, Work

BEFORE = timedelta(minutes=10)
LOOK_UPS = (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=15))
"""After the look-up at once; a human is asked when the last one finds nothing."""
NOT_LOOKED = 60.0
"""Seconds until a look-up that the CRM didn't answer is tried again."""
IN_VAIN = timedelta(days=1)
"""A mail that could not even be looked up for so long is left to a human as well."""


def look_up(work: Work, claim: MailClaim) -> MailState:
    """Look an unknown mail up now; not found, set the next time, or ask a human after 15 minutes.

    Raises the `CrmFailure` that kept us from looking, after setting another time.
    """
    if claim.channel != CRM_MAIL:
        return _wait(work, claim, LOOK_UPS[-1:])  # no archive of the CRM's knows of it; a human may
    try:
        found = work.crm.notice_archived(claim.person_id, claim.template_id, claim.claimed_at - BEFORE)
    except CrmFailure:
        if claim.age < IN_VAIN:
            work.ledgers.mails.look_up_later(claim.mail_id, NOT_LOOKED)
        else:
            leave_to_human(work, claim)
        raise
    if found:
        with work.ledgers.transaction():
            work.ledgers.mails.set_state(claim.mail_id, MailState.SENT)
            work.ledgers.journal.append(
                "mail_found", claim.person_id, {"mail_id": claim.mail_id, "mail": claim.mail}
            )
        return MailState.SENT
    return _wait(work, claim, LOOK_UPS)


def _wait(work: Work, claim: MailClaim, looks: Sequence[timedelta]) -> MailState:
    """Set the time of the next look, or leave it to a human after the last."""
    later = next((one for one in looks if one > claim.age), None)
    if later is None:
        leave_to_human(work, claim)
    else:
        work.ledgers.mails.look_up_later(claim.mail_id, (later - claim.age).total_seconds())
    return MailState.UNKNOWN


def look_up_at_once(work: Work, claim: MailClaim) -> MailState:
    """Note that nobody knows about a mail, and look it up if the CRM answers."""
    work.ledgers.mails.set_state(claim.mail_id, MailState.UNKNOWN)
    try:
        return look_up(work, claim)
    except CrmFailure:
        return MailState.UNKNOWN


def look_up_due(work: Work) -> None:
    """Look up what is due now, a chunk at the most: unknown mails of ours, then the CRM's own for duties.

    What is left stays due, so that it waits for the next turn and not the tenant's new events for it.
    Raises the `CrmFailure` that would hit the next look-up as well.
    """
    claims, duties = work.ledgers.mails.due_look_ups(), work.ledgers.mails.due_duty_look_ups()
    looks = [partial(_look_up_one, work, claim) for claim in claims]
    looks += [partial(_look_for_duty, work, duty) for duty in duties]
    for number, look in enumerate(looks[:CHUNK]):
        if number and work.must_yield():
            return
        look()


def _look_up_one(work: Work, claim: MailClaim) -> None:
    try:
        look_up(work, claim)
    except CrmFailure as failure:
        if not of_one_person(failure):
            raise


def _look_for_duty(work: Work, duty: Duty) -> None:
    if not _informed_by_crm(work, duty):
        work.ledgers.mails.duty_looked_up(duty.duty_id)
        return
    with work.ledgers.transaction():
        work.ledgers.mails.close_duty(duty.person_id, duty.mail, "activity")
        work.ledgers.journal.append(
            "informed_by_crm", duty.person_id, {"mail": duty.mail, "template_id": duty.template_id}
        )


def _informed_by_crm(work: Work, duty: Duty) -> bool:
    try:
        return work.crm.notice_archived(duty.person_id, duty.template_id, duty.since)
    except CrmFailure as failure:
        if not of_one_person(failure):
            raise
        return False


def leave_to_human(work: Work, claim: MailClaim) -> None:
    """Have a human find out whether an unknown mail went out; a mail server's log knows its Message-ID."""
    detail: dict[str, Any] = {"mail": claim.mail, "version": claim.version}
    if claim.channel != CRM_MAIL:
        detail |= {"channel": claim.channel, "message_id": claim.message_id}
    with work.ledgers.transaction():
        work.ledgers.mails.leave_to_human(claim.mail_id)
        work.ledgers.reviews.open(claim.person_id, "mail", str(claim.mail_id), detail)
