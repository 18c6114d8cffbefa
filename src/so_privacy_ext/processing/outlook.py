"""Says what a ruling would come to now, without doing any of it: for whoever asks why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from so_privacy_ext.model import Authority, NoMail, Person, Ruling, TenantLists
from so_privacy_ext.processing.case import Case, unkept
from so_privacy_ext.processing.facts import to_keep
from so_privacy_ext.processing.notices import Notice, letter, notice, silence
from so_privacy_ext.processing.wanting import ask_for_reviews, want
from so_privacy_ext.processing.work import Work
from so_privacy_ext.proof.authority import authority
from so_privacy_ext.proof.verdict import Verdict, verdict
from so_privacy_ext.sdk import Facts

DUE = "due"
"""A notice would be sent."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be done for one person, and who stands in its way."""

    writes: tuple[str, ...]
    """Purposes that would be written."""
    left: Mapping[str, str]
    """Purpose → why it would be left as it stands."""
    writers: Mapping[str, Authority]
    """Purpose → who wrote the row that stands."""
    mail: str
    """`due`, or the reason for no mail of ours."""
    verdicts: Mapping[str, Verdict]
    """Purpose of which something stands → whether it may be used now, and until when."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """A ruling settled against what stands, as far as it goes without doing anything."""

    case: Case
    """With its intents, what is left and why, and what a human would be asked."""
    mail: str
    """`due`, or the reason for no mail of ours."""
    notice: Notice | None
    """What would be told, whether or not anything keeps it from going out."""


def look_ahead(work: Work, person: Person, ruling: Ruling, facts: Facts, lists: TenantLists) -> Outlook:
    """Settle a ruling against what stands, as the next turn would; nothing is written or kept."""
    found = prospect(work, person, ruling, facts, lists)
    own = work.tenant.own_associate_id
    return Outlook(
        writes=tuple(one.purpose for one in found.case.intents),
        left=found.case.left,
        writers={key: authority(row, person, lists, own) for key, row in person.consents.items()},
        mail=found.mail,
        verdicts=_verdicts(work, person, found.case),
    )


def _verdicts(work: Work, person: Person, case: Case) -> dict[str, Verdict]:
    known = [*work.ledgers.ends.of(person.person_id), *case.ends]  # the newest last
    stands = {purpose: row.basis for purpose, row in person.consents.items()}
    ends = {one.purpose: one.ends_at for one in known if stands.get(one.purpose) == one.basis}
    now, parents = work.clock.now(), work.manifest.parents
    return {
        purpose: verdict(purpose, now, stands=stands, parents=parents, ends=ends)
        for purpose in person.consents
    }


def prospect(
    work: Work, person: Person, ruling: Ruling, facts: Facts, lists: TenantLists, *, by_plan: bool = False
) -> Prospect:
    """Settle a ruling against what stands, with all that a plan wants to know of it."""
    as_kept = to_keep(facts, work.tenant.address_key)
    case = unkept(person, ruling, as_kept, work.clock.now(), by_plan=by_plan)
    want(work, case, lists)
    ask_for_reviews(case)
    silent, key = silence(work, case), ruling.tell
    if silent is not None or key is None:
        return Prospect(case, silent or NoMail.NO_TELL, None)
    wanted = notice(work, case, key, lists)
    return Prospect(case, _mail(work, case, wanted), wanted)


def _mail(work: Work, case: Case, wanted: Notice) -> str:
    mail, person_id, mails = wanted.mail, case.person.person_id, work.ledgers.mails
    if mails.told(person_id, wanted.address_hash, mail=mail.key, version=mail.version, retell=mail.retell):
        return NoMail.ALREADY_TOLD
    if mails.awaits_crm_mail(person_id):
        return NoMail.CRM_MAILS
    ready = letter(wanted)
    if ready is NoMail.BLOCKED_TEMPLATE:
        case.ask_human("template", mail.key)
    return ready if isinstance(ready, NoMail) else DUE
