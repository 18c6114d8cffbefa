"""The ways by which a notice reaches a person: the CRM's own mail, or a letter that something else carries.

Each makes ready what it can before the claim, and is called once under it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from so_privacy_ext.errors import Applied, Fault, NeedsHuman, NoOp, Retry
from so_privacy_ext.model import CRM_MAIL, Person, TenantLists
from so_privacy_ext.ports import Crm, Letter, MailClaim
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.processing.languages import choose_lcid
from so_privacy_ext.processing.notices import Ready
from so_privacy_ext.processing.work import Work
from so_privacy_ext.rules.languages import of_mail, one_norwegian
from so_privacy_ext.rules.own_texts import OwnText

Carry = Callable[[MailClaim], None]
"""Carries a notice under its claim; raises a `CrmFailure` that says whether it may have gone."""


class Channel(Protocol):
    """A way by which notices go."""

    def ready(self, work: Work, person: Person, notice: Ready, lists: TenantLists, fallback: str) -> Carry:
        """Make a notice ready; a `CrmFailure` that is raised here leaves nothing behind."""

    def place(self, crm: Crm, /) -> AbstractContextManager[None]:
        """Wait before the claim, so that nothing does between it and what carries the notice."""


def channel(name: str) -> Channel:
    """Give a way by its name in the manifest."""
    return CrmMail() if name == CRM_MAIL else Letters()


class CrmMail:
    """SuperOffice sends its own privacy mail, by a template of the tenant's."""

    def ready(self, work: Work, person: Person, notice: Ready, lists: TenantLists, fallback: str) -> Carry:
        """Choose the language; the CRM has the text."""
        template = notice.template
        assert template is not None  # noqa: S101  # `letter` has seen to it
        try:
            code = work.crm.best_language(person.person_id, template.item_id)
        except (NoOp, NeedsHuman):
            code = ""  # the CRM finds none; whether she is still there is seen when the mail is asked for
        country = lists.countries.get(person.country_id or person.company_country_id or 0)
        lcid = choose_lcid(code, template, lists, fallback=fallback, country=country)
        address = notice.address.address.strip()
        return lambda _: work.crm.send_notice(
            person.person_id, address=address, template_id=template.item_id, lcid=lcid
        )

    def place(self, crm: Crm, /) -> AbstractContextManager[None]:
        """Wait until the CRM may be called."""
        return crm.place()


class Letters:
    """We write the mail by the manifest's texts, and a mail server or a plugin carries it."""

    def ready(self, work: Work, person: Person, notice: Ready, lists: TenantLists, fallback: str) -> Carry:
        """Write it in her language, if the manifest has it."""
        mail, carrier = notice.mail, work.channels.get(notice.mail.channel)
        facts = gather(person, (), lists, work.tenant.own_associate_id, work.clock.now())
        language = of_mail(facts, mail.texts, fallback)
        text = mail.texts[one_norwegian(language)]
        to = notice.address.address.strip()

        def carry(claim: MailClaim) -> None:
            if carrier is None:
                why = f"there is no channel {mail.channel} for this tenant"
                raise Retry(Fault.CHANNEL, mail.channel, applied=Applied.NO, detail=why)
            carrier.carry(_letter(to, text, language, claim))

        return carry

    def place(self, _: Crm, /) -> AbstractContextManager[None]:
        """Wait for nothing: no pace is kept with who carries letters."""
        return nullcontext()


def _letter(to: str, text: OwnText, language: str, claim: MailClaim) -> Letter:
    return Letter(
        to=to,
        subject=text.subject,
        text=text.text,
        html=text.html,
        language=language,
        mail=claim.mail,
        version=claim.version,
        message_id=claim.message_id,
    )
