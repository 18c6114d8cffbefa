"""Looks at what came of a run's mails: who can't be reached, and who said no; neither is mailed again."""

from __future__ import annotations

from so_privacy_ext.model import WITHDRAWN, Person, PersonId
from so_privacy_ext.processing.addresses import primary
from so_privacy_ext.processing.applying import plan_of
from so_privacy_ext.processing.work import SLICE, Work
from so_privacy_ext.runs import Run, RunPerson, Runs, Stop

BOUNCED, REFUSED = "bounced", "refused"


def look_for_answers(work: Work, runs: Runs, run: Run) -> None:
    """Read those whom the run has told again, and keep whose mail came back and who has withdrawn since."""
    after = PersonId(0)
    while people := runs.mailed(run.run_id, after, SLICE):
        persons = work.crm.read_persons([one.person_id for one in people])
        with work.ledgers.transaction():
            for one in people:
                person = persons.get(one.person_id)
                answer = None if person is None else _answer(one, person)
                if answer is not None:
                    runs.answered(run.run_id, one.person_id, answer)
                    content = {"run_id": run.run_id}
                    work.ledgers.journal.append(f"mail_{answer}", one.person_id, content)
        after = people[-1].person_id


def too_many(runs: Runs, run: Run) -> Stop | None:
    """Say whether so many answers were bad that nobody else may be told."""
    tally, waves = runs.tally(run.run_id), run.waves
    if _reached(tally.bounced, tally.mailed, waves.bounces):
        return Stop.BOUNCES
    return Stop.REFUSALS if _reached(tally.refused, tally.mailed, waves.refusals) else None


def _reached(count: int, of: int, share: float) -> bool:
    return count > 0 and count >= share * of


def _answer(one: RunPerson, person: Person) -> str | None:
    address = primary(person.emails)
    if address is not None and address.bounce_count > 0:
        return BOUNCED
    withdrawn = {purpose for purpose, row in person.consents.items() if row.basis == WITHDRAWN}
    if one.planned:
        withdrawn -= {key for key, row in plan_of(one).stands.items() if row.basis == WITHDRAWN}
    return REFUSED if withdrawn else None
