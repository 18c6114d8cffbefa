"""Plans: says of each person what a turn would do with her if she were decided on now, and does nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import repeat

from so_privacy_ext.model import (
    WITHDRAWN,
    ContextIdentifier,
    LastIds,
    NoMail,
    Outcome,
    Person,
    Tenant,
    TenantLists,
)
from so_privacy_ext.processing.consulting import gathered
from so_privacy_ext.processing.facts import default_row_may_come
from so_privacy_ext.processing.list_digest import lists_digest
from so_privacy_ext.processing.outlook import DUE, Prospect, prospect
from so_privacy_ext.processing.planned import PlanHead, PlannedPerson, PlannedWrite, RuleCount, standing
from so_privacy_ext.processing.unheard import HeardOf, works
from so_privacy_ext.processing.work import Work
from so_privacy_ext.proof.arbiter import Reason
from so_privacy_ext.rules.activation import ActiveManifest
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.sdk import Facts

AS_IT_SHOULD_BE = frozenset({Reason.NO_EFFECT, Reason.ALREADY_RIGHT})
"""Reasons to leave a consent that nobody need be told of."""
OWED = frozenset({NoMail.CRM_MAILS, NoMail.NO_ADDRESS, NoMail.BOUNCED, NoMail.BLOCKED_TEMPLATE})
"""Reasons for no mail with which the person must be informed all the same: a duty is opened."""


def as_told(tenant: Tenant, tell_from: datetime | None) -> Tenant:
    """Give the tenant as a plan takes it: who registered earlier is told nothing, nobody is without a date.

    What the tenant itself says of its start counts for events alone: to tell those who were there before is a
    step that somebody takes for a plan, and to change their consents does not include it.
    """
    return replace(tenant, tell_from=tell_from)


@dataclass(slots=True)
class Tally:
    """What a plan comes to, as far as it has been made."""

    persons: int = 0
    by_rule: dict[str, Counter[str]] = field(default_factory=dict)
    no_mail: Counter[str] = field(default_factory=Counter)
    told: set[tuple[bytes, str]] = field(default_factory=set)
    """The address hash of each mail, by itself and with the mail: two persons may share an address."""

    def head(
        self,
        manifest: ActiveManifest,
        *,
        tenant: Tenant,
        lists: TenantLists,
        made_at: datetime,
        last_ids: LastIds,
        tell_from: datetime | None,
    ) -> PlanHead:
        """Say what the plan was made of, and what it comes to."""
        return PlanHead(
            tenant=ContextIdentifier(tenant.context_identifier),
            environment=tenant.environment,
            epoch=tenant.epoch,
            manifest=manifest.digest,
            manifest_name=manifest.name,
            lists=lists_digest(lists),
            made_at=made_at,
            last_ids=last_ids,
            tell_from=tell_from,
            persons=self.persons,
            rules=tuple(
                RuleCount(
                    one.rule_id, **self.by_rule.get(one.rule_id, Counter()), max_changes=one.max_changes
                )
                for one in manifest.rules
            ),
            no_mail=dict(sorted(self.no_mail.items())),
        )


def plan_persons(
    work: Work, persons: Iterable[Person], tally: Tally, heard_of: HeardOf | None = None
) -> Iterator[PlannedPerson]:
    """Plan persons as they were just read, and count them; who is left as she is, is counted alone.

    Decided as by an event that says nothing (`none`), and settled as any ruling is. `heard_of` spares those
    of whom nothing is written yet most of the questions to the database.
    """
    lists, everybody = work.crm.lists(), list(persons)
    page = [one for one in everybody if not default_row_may_come(one, work.clock.now())]
    tally.persons += len(everybody)
    if len(page) < len(everybody):
        tally.no_mail["just_registered"] += len(everybody) - len(page)  # decided by their own events
    chosen = repeat(work, len(page)) if heard_of is None else works(work, page, heard_of)
    facts_of_all = gathered(work, [(one, ()) for one in page], lists, work.manifest)
    for person, books, facts in zip(page, chosen, facts_of_all, strict=True):
        planned = _plan(books, person, facts, lists, tally)
        _count(tally, planned)
        if _says_something(planned):
            yield planned


def _plan(work: Work, person: Person, facts: Facts, lists: TenantLists, tally: Tally) -> PlannedPerson:
    ruling = decide(facts, work.manifest)
    found = prospect(work, person, ruling, facts, lists, by_plan=True)
    case, no_mail = found.case, _no_mail(found, tally)
    given = {one.purpose: one for one in ruling.decisions}
    return PlannedPerson(
        person_id=person.person_id,
        seen=person.mark,
        stands=standing(person.consents),
        rules={one.purpose: one.rule_id for one in ruling.decisions},
        writes=tuple(
            PlannedWrite(
                one.purpose, given[one.purpose].rule_id, one.basis, one.source, given[one.purpose].expires
            )
            for one in case.intents
        ),
        mail=ruling.tell if no_mail is None else None,
        mail_rule=ruling.tell_rule,
        no_mail=no_mail,
        reviews=tuple(one for one in case.for_humans if _is_news(work, person, *one)),
        left={key: reason for key, reason in case.left.items() if reason not in AS_IT_SHOULD_BE},
        denied=tuple(
            one.purpose
            for one in ruling.decisions
            if one.outcome is Outcome.DENY and _holds(person, one.purpose)
        ),
    )


def _no_mail(found: Prospect, tally: Tally) -> str | None:
    """Give the reason for no mail; None when there is to be one, the first to its address in this plan."""
    if found.mail != DUE or found.notice is None or found.notice.address_hash is None:
        return found.mail
    mail, address = found.notice.mail, bytes.fromhex(found.notice.address_hash)
    any_mail, this_mail = (address, ""), (address, f"{mail.key} {mail.version}")
    if (this_mail if mail.retell else any_mail) in tally.told:
        return NoMail.ALREADY_TOLD
    tally.told |= {any_mail, this_mail}
    return None


def _is_news(work: Work, person: Person, kind: str, subject: str) -> bool:
    """Tell whether a human would be asked anew: an item that is open, or settled for good, stays as it is."""
    return subject not in work.ledgers.reviews.forbidden(person.person_id, kind)


def _holds(person: Person, purpose: str) -> bool:
    row = person.consents.get(purpose)
    return row is not None and row.basis not in {"", WITHDRAWN}


def _says_something(planned: PlannedPerson) -> bool:
    return bool(acts(planned) or planned.left or planned.denied)


def acts(planned: PlannedPerson) -> bool:
    """Tell whether there is anything to be done for her, and not only to be said."""
    return bool(planned.writes or planned.mail or planned.reviews or planned.no_mail in OWED)


def _count(tally: Tally, planned: PlannedPerson) -> None:
    """Count a person once for each rule and figure."""
    counted = {(rule_id, figure) for figure, rule_id, _ in figures_of(planned)}
    counted |= {(write.rule_id, "touched") for write in planned.writes}
    for rule_id, figure in counted:
        tally.by_rule.setdefault(rule_id, Counter())[figure] += 1
    if planned.no_mail is not None:
        tally.no_mail[planned.no_mail] += 1


def figures_of(planned: PlannedPerson) -> list[tuple[str, str, str | None]]:
    """Give each figure in which a person is counted, with its rule and the purpose it is about."""
    rules, tells = planned.rules, planned.mail_rule or ""
    found: list[tuple[str, str, str | None]] = [
        (change_of(planned, write), write.rule_id, write.purpose) for write in planned.writes
    ]
    found += [("left", rules[purpose], purpose) for purpose in planned.left]
    found += [("denied", rules[purpose], purpose) for purpose in planned.denied]
    found += [("reviews", rules.get(subject, tells), subject) for _, subject in planned.reviews]
    return found if planned.mail is None else [*found, ("mails", tells, None)]


def change_of(planned: PlannedPerson, write: PlannedWrite) -> str:
    """Say under which figure of its rule a write counts: `gets` or `changes`."""
    return "changes" if write.purpose in planned.stands else "gets"
