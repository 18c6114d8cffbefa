"""The CRM's own STORE row of a new person, and the mail that her source brings."""

from __future__ import annotations

from datetime import timedelta

from so_sandbox.world.consenting import CHANGED, Consenting
from so_sandbox.world.rows import Consent, Person

STORE = "STORE"
LATEST = 10.0


class Defaulting(Consenting):
    """Gives new persons what the tenant's preferences say."""

    def give_default(self, person: Person, source: str) -> None:
        """Write the default row now or later, unless the tenant wants none; `source` may be empty."""
        if self.preference("GDPR", "GdprUseDefaultsForNew").casefold() == "false":
            return
        source_id = self.item_id("sources", source or self.preference("GDPR", "GdprDefaultSource") or "USER")
        switches = self.surroundings.switches
        if switches.default_row == "late":
            due = self.now() + timedelta(seconds=min(switches.late_seconds, LATEST))
            self.tables.late_rows.append((due, person.person_id, source_id))
        else:
            self._default_row(person, source_id)

    def settle(self) -> None:
        """Write the default rows that have become due."""
        if not self.tables.late_rows:
            return
        with self.change():
            now = self.now()
            due = [row for row in self.tables.late_rows if row[0] <= now]
            self.tables.late_rows = [row for row in self.tables.late_rows if row[0] > now]
            for _, person_id, source_id in due:
                person = self.tables.persons.get(person_id)
                if person is not None and person.deleted_date is None:
                    self._default_row(person, source_id)

    def _default_row(self, person: Person, source_id: int) -> None:
        purpose_id = self.item_id("purposes", STORE)
        rows = self.tables.consents.setdefault(person.person_id, {})
        if purpose_id in rows:
            return  # somebody was faster than the late row
        switches, creator = self.surroundings.switches, person.registered_associate_id
        now = self.now()
        registered = now if switches.default_row == "late" else person.registered
        at_once = switches.default_row_updated == "registered"
        rows[purpose_id] = Consent(
            consentperson_id=self.tables.next_id("consentperson"),
            person_id=person.person_id,
            purpose_id=purpose_id,
            legal_base_id=self.item_id(
                "legal_bases", self.preference("GDPR", "GdprDefaultLegalBase") or "61F"
            ),
            source_id=source_id,
            comment="",
            registered=registered,
            registered_associate_id=creator,
            updated=registered if at_once else None,
            updated_associate_id=creator if at_once else 0,
        )
        if switches.default_consent_event != "none":
            told = self._told(rows[purpose_id])
            self.announce(
                "person.consented", person.person_id, changes=CHANGED, field_values=told, by=creator
            )
        self.send_by_source(person.person_id, source_id, by=creator)
