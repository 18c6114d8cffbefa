"""Cases as a run has them before it writes, without any event."""

from __future__ import annotations

from collections.abc import Sequence

from so_privacy_ext.model import PersonId
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.facts import gather
from so_privacy_ext.processing.wanting import want
from so_privacy_ext.processing.work import Work
from so_privacy_ext.rules.decide import decide
from so_privacy_ext.rules.kept import kept


def cases_of(work: Work, numbers: Sequence[int]) -> list[Case]:
    """Read, decide, keep and want, as a run does before it writes."""
    persons = work.crm.read_persons([PersonId(number) for number in numbers])
    lists, cases = work.crm.lists(), []
    for person_id, person in persons.items():
        facts = gather(person, [], lists, work.tenant.own_associate_id, work.clock.now())
        decision = work.ledgers.decisions.keep(
            person_id, decide(facts, work.manifest), kept(facts, lambda text: text), []
        )
        case = Case(kept=decision, person=person, consents=person.consents)
        want(work, case, lists)
        cases.append(case)
    return cases
