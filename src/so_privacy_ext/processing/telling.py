"""Tells a person once: claim, ask the CRM for its mail, and never ask blindly again."""

from __future__ import annotations

from datetime import datetime, timedelta

from so_privacy_ext.errors import Applied, CrmFailure
from so_privacy_ext.model import (
    STORE,
    WITHDRAWN,
    EmailAddress,
    MailState,
    NoMail,
    Outcome,
    Source,
    Template,
    TenantLists,
)
from so_privacy_ext.ports import MailClaim
from so_privacy_ext.processing.addresses import address_hash, primary
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.languages import choose_lcid
from so_privacy_ext.processing.looking_up import look_up
from so_privacy_ext.processing.work import Work
from so_privacy_ext.rules.activation import ActiveMail

ARTICLE_14_DAYS = 30
BEFORE = timedelta(minutes=10)
"""The CRM's clock and ours may differ; its own mail is looked for from this long before."""
WITHDRAWAL_WAITS = "withdrawal_waits"


def tell(work: Work, case: Case, lists: TenantLists) -> CrmFailure | None:
    """Send the notice that the ruling asks for, or note why not; give the failure that stopped it."""
    reason = _silent(work, case)
    if reason is not None:
        case.mail = reason
        return None
    assert case.kept.ruling.tell is not None  # noqa: S101  # _silent has said so
    mail = work.manifest_of(case.kept.ruling.digest).mails[case.kept.ruling.tell]
    address = primary(case.person.emails)
    own_source = _source_that_mails(case, lists)
    template = next((item for item in lists.templates if item.name == mail.template and not item.deleted), None)
    begun = _begun(work, case, mail)
    if begun is None and _told(work, case, mail, address):
        case.mail = NoMail.ALREADY_TOLD
        return None
    _open_duty(work, case, mail, own_source)
    if begun is not None:
        return _go_on(work, case, begun, mail, template, address, lists)
    case.mail = _hindrance(own_source, address, template, case)
    if case.mail is not None:
        return None
    assert template is not None  # noqa: S101  # _hindrance has said so
    assert address is not None  # noqa: S101
    return _send(work, case, mail, template, address, lists)


def _silent(work: Work, case: Case) -> NoMail | None:
    ruling, store = case.kept.ruling, case.consents.get(STORE)
    if store is not None and store.basis == WITHDRAWN:
        return NoMail.STORE_WITHDRAWN
    if work.tenant.tell_from is None or case.person.registered < work.tenant.tell_from:
        return NoMail.BEFORE_START
    if any(one.purpose == STORE and one.outcome is Outcome.REVIEW for one in ruling.decisions):
        return NoMail.REVIEW
    if ruling.gives_none:
        return NoMail.RULE_GIVES_NONE
    return NoMail.NO_TELL if ruling.tell is None else None


def _begun(work: Work, case: Case, mail: ActiveMail) -> MailClaim | None:
    """Find a claim that an interrupted turn has left between claim and answer."""
    for claim in work.ledgers.mails.claims_of(case.person.person_id):
        same = (claim.mail, claim.version) == (mail.key, mail.version)
        if same and claim.state in {MailState.CLAIMED, MailState.HELD}:
            return claim
    return None


def _told(work: Work, case: Case, mail: ActiveMail, address: EmailAddress | None) -> bool:
    hidden = address_hash(address, work.tenant.address_key) if address else None
    return work.ledgers.mails.told(
        case.person.person_id, hidden, mail=mail.key, version=mail.version, retell=mail.retell
    )


def _source_that_mails(case: Case, lists: TenantLists) -> Source | None:
    """Find the person's source if the CRM mails by itself to whoever is registered with it."""
    store = case.consents.get(STORE)
    keys = {case.kept.facts.get("source"), store.source if store else None}
    return next((item for item in lists.sources if item.key in keys and item.mail_template_id), None)


def _hindrance(
    own_source: Source | None, address: EmailAddress | None, template: Template | None, case: Case
) -> NoMail | None:
    if own_source is not None:
        return NoMail.CRM_MAILS
    if address is None:
        return NoMail.NO_ADDRESS
    if address.bounce_count > 0:
        return NoMail.BOUNCED
    if template is None or not template.is_privacy:
        case.for_humans.append(("template", case.kept.ruling.tell or ""))
        return NoMail.BLOCKED_TEMPLATE
    return None


def _open_duty(work: Work, case: Case, mail: ActiveMail, own_source: Source | None) -> None:
    manifest = work.manifest_of(case.kept.ruling.digest)
    article = manifest.article_of(case.kept.facts.get("source"))
    registered = case.person.registered
    due_at: datetime = registered if article == 13 else registered + timedelta(days=ARTICLE_14_DAYS)
    work.ledgers.mails.open_duty(
        case.person.person_id,
        mail=mail.key,
        article=article,
        due_at=due_at,
        reason=NoMail.CRM_MAILS if own_source else "mail",
        template_id=own_source.mail_template_id if own_source else None,
        since=registered - BEFORE if own_source else None,
    )


def _send(
    work: Work, case: Case, mail: ActiveMail, template: Template, address: EmailAddress, lists: TenantLists
) -> CrmFailure | None:
    person_id = case.person.person_id
    try:
        lcid = _lcid(work, case, template, lists)
    except CrmFailure as failure:
        case.failure = failure
        return failure
    if work.ledgers.inbox.open_events(person_id, "person.unconsented"):
        case.mail = WITHDRAWAL_WAITS
        return None
    claim = work.ledgers.mails.claim(
        person_id,
        mail=mail.key,
        version=mail.version,
        address_hash=address_hash(address, work.tenant.address_key),
        template_id=template.item_id,
        retell=mail.retell,
    )
    if claim is None:
        case.mail = NoMail.ALREADY_TOLD
        return None
    return _ask(work, case, claim, address, lcid)


def _lcid(work: Work, case: Case, template: Template, lists: TenantLists) -> int:
    return choose_lcid(
        work.crm.best_language(case.person.person_id, template.item_id),
        template,
        lists,
        fallback=work.manifest_of(case.kept.ruling.digest).fallback,
        country=lists.countries.get(case.person.country_id or case.person.company_country_id or 0),
    )


def _ask(
    work: Work, case: Case, claim: MailClaim, address: EmailAddress, lcid: int
) -> CrmFailure | None:
    try:
        work.crm.send_notice(
            case.person.person_id, address=address.address.strip(), template_id=claim.template_id, lcid=lcid
        )
    except CrmFailure as failure:
        if failure.applied is Applied.NO:
            work.ledgers.mails.set_state(claim.mail_id, MailState.HELD)
            case.failure = failure
            return failure
        work.ledgers.mails.set_state(claim.mail_id, MailState.UNKNOWN)
        case.mail = look_up(work, claim)
        return None
    work.ledgers.mails.set_state(claim.mail_id, MailState.SENT)
    case.mail = MailState.SENT
    return None


def _go_on(
    work: Work,
    case: Case,
    claim: MailClaim,
    mail: ActiveMail,
    template: Template | None,
    address: EmailAddress | None,
    lists: TenantLists,
) -> CrmFailure | None:
    """Go on with a claim of an interrupted turn: unknown unless the CRM certainly never got the call."""
    if claim.state is MailState.CLAIMED:
        work.ledgers.mails.set_state(claim.mail_id, MailState.UNKNOWN)
        case.mail = look_up(work, claim)
        return None
    same_address = (
        address is not None and address_hash(address, work.tenant.address_key) == claim.address_hash
    )
    if template is None or address is None or not same_address:
        work.ledgers.mails.set_state(claim.mail_id, MailState.UNKNOWN)
        case.mail = look_up(work, claim)
        return None
    lcid = _lcid(work, case, template, lists)
    work.ledgers.mails.set_state(claim.mail_id, MailState.CLAIMED)
    return _ask(work, case, claim, address, lcid)
