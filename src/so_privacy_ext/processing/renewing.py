"""Asks a person by mail to renew a consent, once, while it is alive and where the law allows it."""

from __future__ import annotations

from dataclasses import replace

from so_privacy_ext.model import STORE, ConsentEnd, MailState, NoMail, Person, Ruling, TenantLists
from so_privacy_ext.processing.case import Case, unkept
from so_privacy_ext.processing.looking_up import look_up_at_once
from so_privacy_ext.processing.notices import letter, notice, silence
from so_privacy_ext.processing.telling import send
from so_privacy_ext.processing.work import Work
from so_privacy_ext.proof.verdict import verdict
from so_privacy_ext.rules.law import may_renew

NOT_ALLOWED = "not_allowed"
"""No line of the law of her country, or of the controller's, says that she may be asked."""
NOT_ALIVE = "not_alive"


def renew(work: Work, one: ConsentEnd, person: Person, lists: TenantLists, mail_key: str) -> str:
    """Ask, and say what came of it: how the mail stands, or why there is none."""
    reason = _reason_not_to(work, one, person, lists)
    if reason is not None:
        return reason
    case = _case(work, person, mail_key)
    silent = silence(work, case)
    if silent is not None:
        return silent
    ready = letter(replace(notice(work, case, mail_key, lists), mailed_by_crm=None))
    if isinstance(ready, NoMail):
        return ready
    # A claim for each end: the walls that keep a mail from going twice keep a renewal from it too.
    ready = replace(ready, mail=replace(ready.mail, key=f"{mail_key} {one.ends_at:%Y-%m-%d}"))
    claims = work.ledgers.mails.claims_of(person.person_id)
    claim = next((known for known in claims if known.mail == ready.mail.key), None)
    if claim is not None and claim.state is MailState.CLAIMED:
        return look_up_at_once(work, claim)
    if claim is not None and claim.state is not MailState.HELD:
        return claim.state
    return send(work, case, ready, claim, lists)


def _reason_not_to(work: Work, one: ConsentEnd, person: Person, lists: TenantLists) -> str | None:
    alive = verdict(
        one.purpose,
        work.clock.now(),
        stands={purpose: row.basis for purpose, row in person.consents.items()},
        parents=work.manifest.parents,
        ends={one.purpose: one.ends_at},
    )
    if not alive.may:
        return NOT_ALIVE
    country = lists.countries.get(person.country_id or person.company_country_id or 0)
    hers = country.iso if country is not None and country.iso else work.manifest.home
    return None if may_renew(hers) and may_renew(work.manifest.home) else NOT_ALLOWED


def _case(work: Work, person: Person, mail_key: str) -> Case:
    """Make up the case of a ruling that tells and decides nothing; it is kept nowhere."""
    ruling = Ruling(work.manifest.digest, decisions=(), tell=mail_key)
    store = person.consents.get(STORE)
    facts = {"source": store.source if store else None}
    return unkept(person, ruling, facts, work.clock.now())
