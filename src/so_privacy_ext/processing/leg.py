"""A leg of a run: a chunk of its persons, as the run has them and as they were just read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from so_privacy_ext.errors import Park
from so_privacy_ext.model import Person, PersonId, TenantLists
from so_privacy_ext.ports import KeptDecision
from so_privacy_ext.processing import writing
from so_privacy_ext.processing.blame import of_one_person
from so_privacy_ext.processing.carrying_out import Write
from so_privacy_ext.processing.case import Case
from so_privacy_ext.processing.mass_writing import write_in_bulk
from so_privacy_ext.processing.recording import WAITS, finish, give_up, record_gone
from so_privacy_ext.processing.work import Work
from so_privacy_ext.runs import Ended, PersonState, Run, RunPerson, Runs, Skip

TRIES = 3
"""Attempts at a person whom the CRM fails and others not; about a day's, where it may fail everybody."""


@dataclass(frozen=True, slots=True)
class Leg:
    """All that carrying out a chunk of a run is given."""

    work: Work
    runs: Runs
    run: Run
    people: Sequence[RunPerson]
    persons: Mapping[PersonId, Person]
    """Who is gone is absent."""
    lists: TenantLists
    quiet: Collection[PersonId] = ()
    """Those of whom no human was ever asked, and for whom nothing was written of late."""

    @property
    def write(self) -> Write:
        """Give the way in which the run writes: in bulk, if it is to and the tenant still allows it."""
        mass = self.work.mass
        if mass is None or not self.run.waves.mass:
            return writing.write
        return lambda work, cases: write_in_bulk(work, cases, mass)

    def begun(self) -> Mapping[PersonId, KeptDecision]:
        """Give the decisions that were begun for these persons in an earlier turn and are not through."""
        ids = [one.decision_id for one in self.people if one.decision_id is not None]
        found = self.work.ledgers.decisions.unfinished(ids) if ids else ()
        return {decision.person_id: decision for decision in found}

    def part(self, begun: Mapping[PersonId, KeptDecision]) -> None:
        """End those who are gone; their own events tell the rest."""
        for one in self.people:
            if one.person_id in self.persons:
                continue
            with self.work.ledgers.transaction():
                if one.person_id in begun:
                    record_gone(self.work, begun[one.person_id])
                self.end(one.person_id, Ended(PersonState.SKIPPED, Skip.GONE))

    def record(self, case: Case, ended: Ended) -> None:
        """Write down, in the transaction of the chunk, how a case ended; one that has not stays begun."""
        person_id = case.person.person_id
        if case.failure is not None and not isinstance(case.failure, Park):
            reason = str(case.failure.fault)
            attempts = next(one.attempts for one in self.people if one.person_id == person_id)
            if attempts + 1 < (TRIES if of_one_person(case.failure) else len(WAITS)):
                self.runs.put_off(self.run.run_id, person_id, reason, WAITS[attempts])
                return
            give_up(self.work, case, reason)
            self.work.ledgers.decisions.finish(case.kept.decision_id, "given_up")
            self.end(person_id, Ended(PersonState.FAILED, reason, case.mail))
        elif case.gone or (case.written and case.mail is not None):
            finish(self.work, case)
            self.end(person_id, ended)

    def end(self, person_id: PersonId, ended: Ended) -> None:
        """Note how the run's work for one person ended."""
        self.runs.ended(self.run.run_id, person_id, ended)
