"""Tells a person once: claim, ask the CRM for its mail, and never ask blindly again."""

from __future__ import annotations

from datetime import timedelta

from so_privacy_ext.errors import Applied, CrmFailure
from so_privacy_ext.model import MailState, NoMail, TenantLists
from so_privacy_ext.ports import MailClaim
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.languages import choose_lcid
from so_privacy_ext.processing.looking_up import BEFORE, look_up
from so_privacy_ext.processing.notices import Notice, hindrance, notice, silence
from so_privacy_ext.processing.work import Work

_FROM_THE_PERSON = 13
_ARTICLE_14_WITHIN = timedelta(days=30)
WITHDRAWAL_WAITS = "withdrawal_waits"
"""A withdrawal lies in the inbox: nothing is sent before it has been looked at."""


def tell(work: Work, case: Case, lists: TenantLists) -> CrmFailure | None:
    """Send the notice that the ruling asks for, or note why not; give the failure that stopped it."""
    ruling = case.kept.ruling
    case.mail = silence(work, case)
    if case.mail is not None or ruling.tell is None:
        return None
    wanted = notice(work, case, ruling.tell, lists)
    begun = _begun(work, case, wanted)
    if begun is None and _told(work, case, wanted):
        case.mail = NoMail.ALREADY_TOLD
        return None
    _open_duty(work, case, wanted)
    try:
        case.mail = (
            _send(work, case, wanted, lists) if begun is None else _go_on(work, case, wanted, lists, begun)
        )
    except CrmFailure as failure:
        case.failure = failure
        return failure
    return None


def _begun(work: Work, case: Case, wanted: Notice) -> MailClaim | None:
    """Find a claim that an interrupted turn has left between claim and answer."""
    for claim in work.ledgers.mails.claims_of(case.person.person_id):
        same = (claim.mail, claim.version) == (wanted.mail.key, wanted.mail.version)
        if same and claim.state in {MailState.CLAIMED, MailState.HELD}:
            return claim
    return None


def _told(work: Work, case: Case, wanted: Notice) -> bool:
    mail = wanted.mail
    return work.ledgers.mails.told(
        case.person.person_id, wanted.address_hash, mail=mail.key, version=mail.version, retell=mail.retell
    )


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


def _send(work: Work, case: Case, wanted: Notice, lists: TenantLists) -> str:
    """Claim and ask; every way out before the claim leaves nothing behind."""
    hindered = hindrance(wanted)
    if hindered is NoMail.BLOCKED_TEMPLATE:
        case.for_humans.append(("template", wanted.mail.key))
    if hindered is not None or wanted.template is None or wanted.address_hash is None:
        return hindered or NoMail.NO_ADDRESS
    lcid = _lcid(work, case, wanted, lists)
    if work.ledgers.inbox.open_events(case.person.person_id, "person.unconsented"):
        return WITHDRAWAL_WAITS
    claim = work.ledgers.mails.claim(
        case.person.person_id,
        mail=wanted.mail.key,
        version=wanted.mail.version,
        address_hash=wanted.address_hash,
        template_id=wanted.template.item_id,
        retell=wanted.mail.retell,
    )
    return NoMail.ALREADY_TOLD if claim is None else _ask(work, case, wanted, claim, lcid)


def _go_on(work: Work, case: Case, wanted: Notice, lists: TenantLists, claim: MailClaim) -> str:
    """Go on with a claim of an interrupted turn: unknown, unless the CRM certainly never got the call."""
    certainly_unsent = claim.state is MailState.HELD and wanted.address_hash == claim.address_hash
    if not certainly_unsent or wanted.template is None:
        work.ledgers.mails.set_state(claim.mail_id, MailState.UNKNOWN)
        return look_up(work, claim)
    lcid = _lcid(work, case, wanted, lists)
    work.ledgers.mails.set_state(claim.mail_id, MailState.CLAIMED)
    return _ask(work, case, wanted, claim, lcid)


def _lcid(work: Work, case: Case, wanted: Notice, lists: TenantLists) -> int:
    assert wanted.template is not None  # noqa: S101  # both callers have looked
    return choose_lcid(
        work.crm.best_language(case.person.person_id, wanted.template.item_id),
        wanted.template,
        lists,
        fallback=work.manifest_of(case.kept.ruling.digest).fallback,
        country=lists.countries.get(case.person.country_id or case.person.company_country_id or 0),
    )


def _ask(work: Work, case: Case, wanted: Notice, claim: MailClaim, lcid: int) -> str:
    """Ask the CRM for its mail under a claim that is committed."""
    assert wanted.address is not None  # noqa: S101  # its hash was claimed
    try:
        work.crm.send_notice(
            case.person.person_id,
            address=wanted.address.address.strip(),
            template_id=claim.template_id,
            lcid=lcid,
        )
    except CrmFailure as failure:
        if failure.applied is Applied.NO:
            work.ledgers.mails.set_state(claim.mail_id, MailState.HELD)
            raise
        work.ledgers.mails.set_state(claim.mail_id, MailState.UNKNOWN)
        return look_up(work, claim)
    work.ledgers.mails.set_state(claim.mail_id, MailState.SENT)
    return MailState.SENT
