"""Consents of a tenant's persons, as the CRM keeps them: one row for each person and purpose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from so_sandbox.world.errors import InvalidArgument, NotFound
from so_sandbox.world.lists import LegalBase, Purpose, Source
from so_sandbox.world.mailing import Mailing
from so_sandbox.world.rows import Consent, Person

LONGEST_COMMENT = 255
"""In UTF-16 units, as the database counts."""
WITHDRAWN = "WITHDRAWN"
CHANGED = (
    "consentperson_id",
    "comment",
    "updated_associate_id",
    "consentSource_id",
    "updated",
    "legalBase_id",
)


class Consenting(Mailing):
    """Writes consents and tells of them."""

    def set_consent(
        self, person_id: int, purpose: str, basis: str, source: str, comment: str = "", *, by: int
    ) -> Consent:
        """Write one consent by keys, over the row that is there."""
        with self.change():
            person = self.person(person_id)
            lists = self.tables.lists
            purpose_id = self._id_of(lists.purposes.values(), purpose, "purpose")
            basis_id = self._id_of(lists.legal_bases.values(), basis, "legal basis")
            source_id = self._id_of(lists.sources.values(), source, "source")
            if len(comment.encode("utf-16-le")) > 2 * LONGEST_COMMENT:
                if self.surroundings.switches.long_comment == "refuse":
                    raise InvalidArgument(f"the comment is longer than {LONGEST_COMMENT} characters")
                comment = comment.encode("utf-16-le")[: 2 * LONGEST_COMMENT].decode("utf-16-le", "ignore")
            before = self.tables.consents.get(person_id, {}).get(purpose_id)
            old_source = before.source_id if before else 0
            row = self.write_consent(person_id, purpose_id, basis_id, source_id, comment, by=by)
            if self.surroundings.switches.consent_changes_person == "yes":
                self._touch_for_consent(person, by)
            if self.surroundings.switches.set_consent_mails == "yes" and old_source != source_id:
                self.send_by_source(person_id, source_id, by=by)
            return row

    def write_consent(
        self, person_id: int, purpose_id: int, basis_id: int, source_id: int, comment: str, *, by: int
    ) -> Consent:
        """Write one row by ids and tell of it; updated_count counts every write after the first."""
        with self.change():
            rows = self.tables.consents.setdefault(person_id, {})
            row = rows.get(purpose_id)
            if row is None:
                row = rows[purpose_id] = Consent(
                    consentperson_id=self.tables.next_id("consentperson"),
                    person_id=person_id,
                    purpose_id=purpose_id,
                    legal_base_id=basis_id,
                    source_id=source_id,
                    comment=comment,
                    registered=self.now(),
                    registered_associate_id=by,
                )
            else:
                row.legal_base_id, row.source_id, row.comment = basis_id, source_id, comment
                row.updated, row.updated_associate_id = self.now(), by
                row.updated_count += 1
            self.tell_of_consent(row, by=by)
            return row

    def tell_of_consent(self, row: Consent, *, by: int) -> None:
        """Announce that a row was written."""
        if self.is_withdrawn(row):
            self.announce("person.unconsented", row.person_id, by=by)
        else:
            self.announce(
                "person.consented", row.person_id, changes=CHANGED, field_values=self._told(row), by=by
            )

    def remove_consent(self, person_id: int, purpose: str, *, by: int) -> None:
        """Turn a consent off: the row is marked withdrawn or goes, by the switch."""
        with self.change():
            self.person(person_id)
            purpose_id = self._id_of(self.tables.lists.purposes.values(), purpose, "purpose")
            row = self.tables.consents.get(person_id, {}).get(purpose_id)
            if row is None:
                return
            if self.surroundings.switches.remove_consent == "delete":
                del self.tables.consents[person_id][purpose_id]
                self.announce("person.unconsented", person_id, by=by)
                return
            self.write_consent(
                person_id,
                purpose_id,
                self.item_id("legal_bases", WITHDRAWN),
                row.source_id,
                row.comment,
                by=by,
            )

    def withdraw(
        self, person_id: int, purpose: str, *, source: str = "CUSTOMERPORTAL", by: int = 0
    ) -> Consent:
        """Say no as the person herself does in the portal."""
        by = by or self.associate("service").associate_id
        return self.set_consent(person_id, purpose, WITHDRAWN, source, by=by)

    def has_consent(self, person_id: int, purpose: str) -> bool:
        self.person(person_id)
        purpose_id = self._id_of(self.tables.lists.purposes.values(), purpose, "purpose")
        row = self.tables.consents.get(person_id, {}).get(purpose_id)
        return row is not None and not self.is_withdrawn(row)

    def is_withdrawn(self, row: Consent) -> bool:
        basis = self.tables.lists.legal_bases.get(row.legal_base_id)
        return basis is not None and basis.key == WITHDRAWN

    def consent_row(self, consentperson_id: int) -> Consent:
        for rows in self.tables.consents.values():
            for row in rows.values():
                if row.consentperson_id == consentperson_id:
                    return row
        raise NotFound(f"there is no consent {consentperson_id}")

    def delete_consent(self, consentperson_id: int, *, by: int) -> None:
        with self.change():
            row = self.consent_row(consentperson_id)
            del self.tables.consents[row.person_id][row.purpose_id]
            self.announce("person.unconsented", row.person_id, by=by)

    def _touch_for_consent(self, person: Person, by: int) -> None:
        person.updated, person.updated_associate_id = self.now(), by
        person.updated_count += 1
        self.announce(
            "person.changed",
            person.person_id,
            changes=("updated", "updated_associate_id", "updatedCount"),
            by=by,
        )

    def _told(self, row: Consent) -> Mapping[str, object]:
        if self.surroundings.switches.consented_values == "empty":
            return {}
        return {
            "consentperson_id": row.consentperson_id,
            "person_id": row.person_id,
            "consentPurpose_id": row.purpose_id,
            "legalBase_id": row.legal_base_id,
            "consentSource_id": row.source_id,
        }

    def _id_of(self, items: Iterable[Purpose | LegalBase | Source], key: str, kind: str) -> int:
        folded = self.surroundings.switches.key_case == "insensitive"
        for item in items:
            if item.key == key or (folded and item.key.casefold() == key.casefold()):
                return item.item_id
        if self.surroundings.switches.unknown_key == "refuse":
            raise InvalidArgument(f"no {kind} has this key")
        return 0
