"""Says which notice a ruling asks for, and whether anything stands in its way."""

from __future__ import annotations

from dataclasses import dataclass

from so_privacy_ext.model import (
    CRM_MAIL,
    STORE,
    WITHDRAWN,
    AddressHash,
    EmailAddress,
    NoMail,
    Source,
    Template,
    TenantLists,
)
from so_privacy_ext.processing.addresses import address_hash, primary
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.wanting import forgotten_noes
from so_privacy_ext.processing.work import Work
from so_privacy_ext.rules.activation import ActiveMail
from so_privacy_ext.rules.silence import hindrance
from so_privacy_ext.rules.silence import silence as reason_for_silence


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
class Ready:
    """A notice with all that sending it needs."""

    mail: ActiveMail
    template: Template | None
    """None where the manifest has the texts."""
    address: EmailAddress
    address_hash: AddressHash

    @property
    def template_id(self) -> int:
        """Give the id of the CRM's template; 0 where the manifest has the texts."""
        return self.template.item_id if self.template is not None else 0


def silence(work: Work, case: Case) -> NoMail | None:
    """Say why nobody is to be told at all; no duty follows from these."""
    start, store = work.tenant.tell_from, case.consents.get(STORE)
    silent = reason_for_silence(
        case.kept.ruling,
        store_withdrawn=store is not None and store.basis == WITHDRAWN,
        before_start=start is None or case.person.registered < start,
    )
    if silent is None and STORE in forgotten_noes(work, case.person.person_id):
        return NoMail.STORE_WITHDRAWN
    return silent


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


def letter(wanted: Notice) -> Ready | NoMail:
    """Make a notice ready, or say what keeps it from going out although the person must be told."""
    template, address, hashed = wanted.template, wanted.address, wanted.address_hash
    has_text = template is not None or wanted.mail.channel != CRM_MAIL
    hindered = hindrance(crm_mails=wanted.mailed_by_crm is not None, address=address, has_template=has_text)
    if address is None or hashed is None or hindered is not None:
        return hindered or NoMail.NO_ADDRESS
    return Ready(wanted.mail, template, address, hashed)


def _mailed_by_crm(case: Case, lists: TenantLists) -> Source | None:
    store = case.consents.get(STORE)
    keys = {case.kept.facts.get("source"), store.source if store else None}
    return next((one for one in lists.sources if one.key in keys and one.mail_template_id), None)
