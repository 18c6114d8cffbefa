"""Many consents in one call: by the database's way, past all rules, and by a job in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from so_sandbox.world.consenting import LONGEST_COMMENT
from so_sandbox.world.errors import DbAccess, InvalidArgument, MassOperationFailed, NotFound
from so_sandbox.world.rows import Consent, Insertion, Job
from so_sandbox.world.subscribing import Subscribing

CONSENT_TABLE = 471
MASS_OPERATION = 2
"""Flag of a row of traveltransactionlog."""
STEP = 500
"""Persons to whom a job comes between two looks at it."""
JOB_TAKES = timedelta(minutes=1)
"""After this much of the sandbox's time a job has ended, looked at or not."""

Values = Mapping[str, int | str]
"""Attributes of a consent row that a mass operation sets; person and purpose are always among them."""
RowStatus = tuple[int, str]
"""The key of a row, and what became of it."""


class MassWriting(Subscribing):
    """Writes rows of consentperson by the thousand."""

    def insert_consents(self, rows: Sequence[Values], *, by: int) -> int:
        """Insert rows; one that is there already fails the call, and what came before it stands or not."""
        with self.change():
            self._check(rows)
            repeated = _repeats(rows)
            taken = [n for n, row in enumerate(rows) if n in repeated or self._standing(row) is not None]
            whole = self.surroundings.switches.failed_insert == "nothing_written"
            for row in rows[: (0 if whole else taken[0])] if taken else rows:
                self._insert(row, by)
            if taken:
                raise DbAccess("a row of this person and purpose is there already")
            return len(rows)

    def upsert_consents(self, rows: Sequence[Values], *, unmatched: str, by: int) -> list[RowStatus]:
        """Insert rows or write over those that are there, whoever wrote them; all others by `unmatched`."""
        with self.change():
            self._check(rows)
            told = [self._upsert(row, by) for row in rows]
            if unmatched != "NoChange":
                touched = {row_id for row_id, _ in told}
                every = [row for theirs in self.tables.consents.values() for row in theirs.values()]
                rest = [row for row in every if row.consentperson_id not in touched]
                told += [self._unmatched(row, rows, unmatched, by) for row in rest]
            return told

    def start_job(
        self, context: str, operation: str, values: Values, person_ids: Sequence[int], *, half: bool, by: int
    ) -> Job:
        """Begin a bulk update of consents in the background."""
        with self.change():
            if any(job.running and job.context == context for job in self.tables.jobs.values()):
                raise InvalidArgument("a job of this context is running already")
            ids = tuple(person_ids)
            job = Job(
                self.tables.next_id("batchtask"), context, by, self.now(), operation, values, ids,
                last=len(ids) // 2 if half else len(ids),
            )  # fmt: skip
            self.tables.jobs[job.job_id] = job
            return job

    def look_at_job(self, job_id: int) -> Job:
        """Give a job as it stands, and have it go on by one step behind the asker's back."""
        with self.change():
            job = self.tables.jobs.get(job_id)
            if job is None:
                raise NotFound(f"there is no batch task {job_id}")
            seen = Job(**{name: getattr(job, name) for name in job.__slots__})
            self._step(job)
            return seen

    def settle(self) -> None:
        """Do what has become due, jobs that have had their time included."""
        super().settle()
        due = [job for job in self.tables.jobs.values() if job.running]
        for job in due:
            while job.running and self.now() - job.created >= JOB_TAKES:
                with self.change():
                    self._step(job)

    def _check(self, rows: Sequence[Values]) -> None:
        for row in rows:
            if len(str(row.get("comment", "")).encode("utf-16-le")) > 2 * LONGEST_COMMENT:
                raise MassOperationFailed(f"a comment is longer than {LONGEST_COMMENT} characters")

    def _standing(self, values: Values) -> Consent | None:
        return self.tables.consents.get(int(values["person_id"]), {}).get(int(values["purpose_id"]))

    def _insert(self, values: Values, by: int) -> Consent:
        row = Consent(
            consentperson_id=self.tables.next_id("consentperson"),
            person_id=int(values["person_id"]),
            purpose_id=int(values["purpose_id"]),
            legal_base_id=int(values.get("legal_base_id", 0)),
            source_id=int(values.get("source_id", 0)),
            comment=str(values.get("comment", "")),
            registered=self.now(),
            registered_associate_id=by,
        )
        self.tables.consents.setdefault(row.person_id, {})[row.purpose_id] = row
        self.tables.mass_insertions[row.consentperson_id] = Insertion(
            self.tables.next_id("traveltransactionlog"), row.consentperson_id, by, MASS_OPERATION, "",
            CONSENT_TABLE,
        )  # fmt: skip
        self._told_of_row(row, by)
        return row

    def _upsert(self, values: Values, by: int) -> RowStatus:
        row = self._standing(values)
        if row is None:
            return self._insert(values, by).consentperson_id, "Inserted"
        if all(getattr(row, name) == value for name, value in values.items()):
            return row.consentperson_id, "NoUpdateNeeded"
        for name, value in values.items():
            setattr(row, name, value)
        self._touched(row, by)
        return row.consentperson_id, "Updated"

    def _unmatched(self, row: Consent, rows: Sequence[Values], action: str, by: int) -> RowStatus:
        """Delete a row that no data named, or empty the columns that the data has: anybody's, any purpose."""
        if action == "DeleteRow":
            del self.tables.consents[row.person_id][row.purpose_id]
            self.announce("person.unconsented", row.person_id, by=by)
            return row.consentperson_id, "Deleted"
        columns = {name for values in rows for name in values} - {"person_id", "purpose_id"}
        for name in columns:
            setattr(row, name, "" if name == "comment" else 0)
        self._touched(row, by)
        return row.consentperson_id, "ColumnsZeroed"

    def _touched(self, row: Consent, by: int) -> None:
        row.updated, row.updated_associate_id = self.now(), by
        row.updated_count += 1
        self._told_of_row(row, by)

    def _told_of_row(self, row: Consent, by: int) -> None:
        if self.surroundings.switches.mass_events == "told":
            self.tell_of_consent(row, by=by)

    def _step(self, job: Job) -> None:
        follows = {"New": "Aquired", "Aquired": "Started"}
        if job.state in follows:
            job.state = follows[job.state]
        elif job.running:
            do: Mapping[str, Callable[[Job, int], None]] = {"add": self._add, "remove": self._remove}
            until = min(job.done + STEP, job.last)
            for person_id in job.person_ids[job.done : until]:
                person = self.tables.persons.get(person_id)
                if person is not None and person.deleted_date is None:
                    do[job.operation](job, person_id)
            job.done = until
            if job.done == job.last:
                job.state = "Succeeded" if job.last == len(job.person_ids) else "Failed"

    def _add(self, job: Job, person_id: int) -> None:
        """Write unless there is a value: any for this purpose, or one with this basis, by the switch."""
        values = {"person_id": person_id, **job.values}
        standing = self._standing(values)
        purpose_id, basis_id = int(values["purpose_id"]), int(values["legal_base_id"])
        any_row = self.surroundings.switches.bulk_add == "no_value_for_the_purpose"
        if standing is not None and (any_row or standing.legal_base_id == basis_id):
            return
        source_id, comment = int(values.get("source_id", 0)), str(values.get("comment", ""))
        self.write_consent(person_id, purpose_id, basis_id, source_id, comment, by=job.associate_id)

    def _remove(self, job: Job, person_id: int) -> None:
        purpose = self.tables.lists.purposes.get(int(job.values["purpose_id"]))
        if purpose is not None:
            self.remove_consent(person_id, purpose.key, by=job.associate_id)


def _repeats(rows: Sequence[Values]) -> set[int]:
    """Give the numbers of rows whose person and purpose stand in an earlier one."""
    seen: set[tuple[int | str, int | str]] = set()
    found = set()
    for number, row in enumerate(rows):
        pair = (row["person_id"], row["purpose_id"])
        if pair in seen:
            found.add(number)
        seen.add(pair)
    return found
