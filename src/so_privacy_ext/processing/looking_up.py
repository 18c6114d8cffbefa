"""Settles mails of which nobody knows whether they went out, by the CRM's own archive of activities."""

from __future__ import annotations

from datetime import timedelta

from so_privacy_ext.errors import CrmFailure
from so_privacy_ext.model import MailState
from so_privacy_ext.ports import MailClaim
from so_privacy_ext.processing.work import Work

BEFORE = timedelta(minutes=10)
LOOK_UPS = (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=15))
"""After the look-up at once; at the last one a human is asked."""


def look_up(work: Work, claim: MailClaim) -> MailState:
    """Look an unknown mail up now; not found, set the next time, or ask a human after 15 minutes."""
    try:
        found = work.crm.notice_archived(claim.person_id, claim.template_id, claim.claimed_at - BEFORE)
    except CrmFailure:
        found = False
    if found:
        with work.ledgers.transaction():
            work.ledgers.mails.set_state(claim.mail_id, MailState.SENT)
            work.ledgers.journal.append(
                "mail_found", claim.person_id, {"mail_id": claim.mail_id, "mail": claim.mail}
            )
        return MailState.SENT
    age = work.clock.now() - claim.claimed_at
    later = next((one for one in LOOK_UPS if one > age), None)
    if later is not None:
        work.ledgers.mails.look_up_later(claim.mail_id, (later - age).total_seconds())
        return MailState.UNKNOWN
    with work.ledgers.transaction():
        work.ledgers.mails.leave_to_human(claim.mail_id)
        work.ledgers.reviews.open(
            claim.person_id, "mail", str(claim.mail_id), {"mail": claim.mail, "version": claim.version}
        )
    return MailState.UNKNOWN


def look_up_due(work: Work) -> None:
    """Look up all that is due now: unknown mails of ours, and the CRM's own mails that duties wait for."""
    for claim in work.ledgers.mails.due_look_ups():
        look_up(work, claim)
    for duty in work.ledgers.mails.due_duty_look_ups():
        if work.crm.notice_archived(duty.person_id, duty.template_id, duty.since):
            with work.ledgers.transaction():
                work.ledgers.mails.close_duty(duty.person_id, duty.mail, "activity")
                work.ledgers.journal.append(
                    "informed_by_crm", duty.person_id, {"mail": duty.mail, "template_id": duty.template_id}
                )
        else:
            work.ledgers.mails.duty_looked_up(duty.duty_id)
