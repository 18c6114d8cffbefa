"""Says which notice a ruling asks for, and whether anything stands in its way."""

from __future__ import annotations

from dataclasses import dataclass

from so_privacy_ext.model import (
    STORE,
    WITHDRAWN,
    AddressHash,
    EmailAddress,
    NoMail,
    Outcome,
    Source,
    Template,
    TenantLists,
)
from so_privacy_ext.processing.addresses import address_hash, primary
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.wanting import forgotten_noes
from so_privacy_ext.processing.work import Work
from so_privacy_ext.rules.activation import ActiveMail


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to one person, as far as it can be made."""

    mail: ActiveMail
    article: int
    template: Template | None
    """None when the tenant has lost it."""
    address: EmailAddress | None
    address_hash: AddressHash | None
    mailed_by_crm: Source | None
    """The person's source, when the CRM mails by itself to whoever is registered with it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice with all that sending it needs."""

    mail: ActiveMail
    template: Template
    address: EmailAddress
    address_hash: AddressHash


def silence(work: Work, case: Case) -> NoMail | None:
    """Say why nobody is to be told at all; no duty follows from these."""
    ruling, store = case.kept.ruling, case.consents.get(STORE)
    if store is not None and store.basis == WITHDRAWN:
        return NoMail.STORE_WITHDRAWN
    if work.tenant.tell_from is None or case.person.registered < work.tenant.tell_from:
        return NoMail.BEFORE_START
    if any(one.purpose == STORE and one.outcome is Outcome.REVIEW for one in ruling.decisions):
        return NoMail.REVIEW
    if ruling.gives_none:
        return NoMail.RULE_GIVES_NONE
    if ruling.tell is None:
        return NoMail.NO_TELL
    return NoMail.STORE_WITHDRAWN if STORE in forgotten_noes(work, case.person.person_id) else None


def notice(work: Work, case: Case, mail_key: str, lists: TenantLists) -> Notice:
    """Gather the notice that a ruling asks for, by the manifest that ruled."""
    manifest = work.manifest_of(case.kept.ruling.digest)
    mail = manifest.mails[mail_key]
    address = primary(case.person.emails)
    return Notice(
        mail=mail,
        article=manifest.article_of(case.kept.facts.get("source")),
        template=next(
            (
                one
                for one in lists.templates
                if one.name == mail.template and one.is_privacy and not one.deleted
            ),
            None,
        ),
        address=address,
        address_hash=address_hash(address, work.tenant.address_key) if address else None,
        mailed_by_crm=_mailed_by_crm(case, lists),
    )


def letter(wanted: Notice) -> Letter | NoMail:
    """Make a notice ready, or say what keeps it from going out although the person must be told."""
    if wanted.mailed_by_crm is not None:
        return NoMail.CRM_MAILS
    if wanted.address is None or wanted.address_hash is None:
        return NoMail.NO_ADDRESS
    if wanted.address.bounce_count > 0:
        return NoMail.BOUNCED
    if wanted.template is None:
        return NoMail.BLOCKED_TEMPLATE
    return Letter(wanted.mail, wanted.template, wanted.address, wanted.address_hash)


def _mailed_by_crm(case: Case, lists: TenantLists) -> Source | None:
    store = case.consents.get(STORE)
    keys = {case.kept.facts.get("source"), store.source if store else None}
    return next((one for one in lists.sources if one.key in keys and one.mail_template_id), None)
