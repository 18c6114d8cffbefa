"""Tells a person once: claim, have the CRM or another channel send, and never ask blindly again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from so_privacy_ext.errors import Applied, CrmFailure, Fault, NeedsHuman, NoOp, Retry
from so_privacy_ext.model import MailState, NoMail, TenantLists
from so_privacy_ext.ports import MailClaim
from so_privacy_ext.processing.blame import of_one_person
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.channels import Carry, channel
from so_privacy_ext.processing.looking_up import BEFORE, leave_to_human, look_up_at_once
from so_privacy_ext.processing.notices import Notice, Ready, letter, notice, silence
from so_privacy_ext.processing.work import Work

_FROM_THE_PERSON = 13
_ARTICLE_14_WITHIN = timedelta(days=30)
_PENDING = frozenset({MailState.CLAIMED, MailState.HELD})


@dataclass(frozen=True, slots=True)
class Sending:
    """A letter to be sent, under a claim that was made in an earlier turn if there is one."""

    letter: Ready
    claim: MailClaim | None


def prepare(work: Work, case: Case, lists: TenantLists) -> Sending | MailClaim | None:
    """Say what to send, or which claim to settle first, without asking the CRM.

    None when the case's `mail` says why there is nothing.
    """
    silent = silence(work, case)
    if silent is not None and not case.resumed:
        case.mail = silent
        return None
    claims = work.ledgers.mails.claims_of(case.person.person_id)
    case.mail = _told_by_this(case, claims) or silent
    key = case.kept.ruling.tell
    if case.mail is not None or key is None:
        return None
    wanted = notice(work, case, key, lists)
    pending = next((one for one in claims if one.state in _PENDING), None)
    if pending is None:
        case.mail = _told(work, case, wanted)
        if case.mail is not None:
            return None
    _open_duty(work, case, wanted)
    if pending is not None and pending.state is MailState.CLAIMED:
        return pending
    ready = letter(wanted)
    if isinstance(ready, Ready):
        return Sending(ready, pending) if pending is None or _is_for(pending, ready) else pending
    if ready is NoMail.BLOCKED_TEMPLATE:
        case.ask_human("template", wanted.mail.key)
    case.mail = ready
    return None


def tell(work: Work, case: Case, to_do: Sending | MailClaim, lists: TenantLists) -> CrmFailure | None:
    """Send what was prepared, or settle a claim of an interrupted turn; give the failure that stopped it."""
    try:
        if isinstance(to_do, Sending):
            case.mail = send(work, case, to_do.letter, to_do.claim, lists)
        else:
            case.mail = look_up_at_once(work, to_do)
    except (NoOp, NeedsHuman) as refused:
        case.gone = refused.fault is Fault.NOT_FOUND
        if not case.gone:
            case.ask_human("failed", case.kept.ruling.tell or "")
            case.mail = f"refused_{refused.fault}"
    except CrmFailure as failure:
        case.failure = failure
        return None if of_one_person(failure) else failure
    return None


def _told_by_this(case: Case, claims: Sequence[MailClaim]) -> str | None:
    """Find the mail that an interrupted turn has sent for this very case."""
    since = case.kept.decided_at
    return next((one.state for one in claims if one.claimed_at >= since and one.state not in _PENDING), None)


def _told(work: Work, case: Case, wanted: Notice) -> NoMail | None:
    """Say whether she was told, by us or the CRM, or may have been by a mail of the CRM's not found yet."""
    mails, mail, person_id = work.ledgers.mails, wanted.mail, case.person.person_id
    if mails.told(person_id, wanted.address_hash, mail=mail.key, version=mail.version, retell=mail.retell):
        return NoMail.ALREADY_TOLD
    return NoMail.CRM_MAILS if mails.awaits_crm_mail(person_id) else None


def _open_duty(work: Work, case: Case, wanted: Notice) -> None:
    registered, source = case.person.registered, wanted.mailed_by_crm
    work.ledgers.mails.open_duty(
        case.person.person_id,
        mail=wanted.mail.key,
        article=wanted.article,
        due_at=registered if wanted.article == _FROM_THE_PERSON else registered + _ARTICLE_14_WITHIN,
        reason=NoMail.CRM_MAILS if source else "mail",
        template_id=source.mail_template_id if source else None,
        since=registered - BEFORE if source else None,
    )


def _is_for(held: MailClaim, ready: Ready) -> bool:
    """Tell whether a claim that was never asked for is for this very letter, and may be gone on with."""
    same_mail = (held.mail, held.version) == (ready.mail.key, ready.mail.version)
    return same_mail and held.address_hash == ready.address_hash


def send(work: Work, case: Case, ready: Ready, held: MailClaim | None, lists: TenantLists) -> str:
    """Claim and ask; every way out before the claim leaves nothing behind."""
    fallback = work.manifest_of(case.kept.ruling.digest).fallback
    way = channel(ready.mail.channel)
    carry = way.ready(work, case.person, ready, lists, fallback)
    silent = _withdrawn_meanwhile(work, case)
    if silent is not None:
        return silent
    forgotten = _told_and_forgotten(work, case, ready, lists)
    nobody_knows = ready.template is None and _in_lost_time(work, case)
    if forgotten or nobody_knows:
        claim = held or _claim(work, case, ready)
        return NoMail.ALREADY_TOLD if claim is None else _close(work, claim, forgotten=forgotten)
    with way.place(work.crm):
        claim = _claim(work, case, ready) if held is None else _again(work, held, ready)
        return NoMail.ALREADY_TOLD if claim is None else _ask(work, carry, claim)


def _claim(work: Work, case: Case, ready: Ready) -> MailClaim | None:
    return work.ledgers.mails.claim(
        case.person.person_id,
        mail=ready.mail.key,
        version=ready.mail.version,
        address_hash=ready.address_hash,
        template_id=ready.template_id,
        retell=ready.mail.retell,
        channel=ready.mail.channel,
    )


def _close(work: Work, claim: MailClaim, *, forgotten: bool) -> str:
    """End a claim without a call: she was told in a time that our database has lost, or nobody knows."""
    if forgotten:
        _remember(work, claim)
        return NoMail.ALREADY_TOLD
    work.ledgers.mails.set_state(claim.mail_id, MailState.UNKNOWN)
    leave_to_human(work, claim)
    return MailState.UNKNOWN


def _again(work: Work, held: MailClaim, ready: Ready) -> MailClaim:
    """Go on with a claim that was certainly not sent, by the channel that the manifest names now."""
    if held.channel == ready.mail.channel:
        work.ledgers.mails.set_state(held.mail_id, MailState.CLAIMED)
        return held
    return work.ledgers.mails.claim_again(held, template_id=ready.template_id, channel=ready.mail.channel)


def _told_and_forgotten(work: Work, case: Case, ready: Ready, lists: TenantLists) -> bool:
    """Ask SuperOffice whether she was told in a time of which our database has lost the mails."""
    since = work.tenant.mails_lost_from
    if since is None or not _in_lost_time(work, case):
        return False
    any_notice = {one.item_id for one in lists.templates if one.is_privacy}
    own = {ready.template.item_id} if ready.template is not None else set()
    templates = own if ready.mail.retell else any_notice
    return any(
        work.crm.notice_archived(case.person.person_id, one, since - BEFORE) for one in sorted(templates)
    )


def _in_lost_time(work: Work, case: Case) -> bool:
    until = work.tenant.mails_lost_to
    return until is not None and case.person.registered <= until


def _remember(work: Work, claim: MailClaim) -> None:
    with work.ledgers.transaction():
        work.ledgers.mails.set_state(claim.mail_id, MailState.SENT)
        work.ledgers.journal.append(
            "mail_found", claim.person_id, {"mail_id": claim.mail_id, "mail": claim.mail}
        )


def _withdrawn_meanwhile(work: Work, case: Case) -> NoMail | None:
    """Look at the consents once more if the person is said to have withdrawn one, until no more is said."""
    person_id, looked_at = case.person.person_id, 0
    while (said := work.ledgers.inbox.open_events(person_id, "person.unconsented")) > looked_at:
        looked_at = said
        case.consents = work.crm.read_consents([person_id]).get(person_id, {})
    return silence(work, case)


def _ask(work: Work, carry: Carry, claim: MailClaim) -> str:
    """Have the mail carried under a claim that is committed."""
    try:
        carry(claim)
    except CrmFailure as failure:
        unknown_person = isinstance(failure, NoOp) and failure.fault is Fault.NOT_FOUND
        if failure.applied is Applied.NO or unknown_person:
            _note(work, claim, MailState.HELD, failure)
            raise
        _note(work, claim, MailState.UNKNOWN, failure)
        return look_up_at_once(work, claim)
    work.ledgers.mails.set_state(claim.mail_id, MailState.SENT)
    return MailState.SENT


def _note(work: Work, claim: MailClaim, state: MailState, failure: CrmFailure) -> None:
    """Keep how a claim stands and, unless it failed like this before, journal why she was not told."""
    is_news = claim.state is not MailState.HELD or state is not MailState.HELD
    with work.ledgers.transaction():
        work.ledgers.mails.set_state(claim.mail_id, state)
        if is_news or not isinstance(failure, Retry):
            why = {"fault": failure.fault, "why": failure.detail}
            told = {"mail_id": claim.mail_id, "mail": claim.mail, "channel": claim.channel, **why}
            work.ledgers.journal.append(f"mail_{state}", claim.person_id, told)
