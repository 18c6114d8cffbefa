"""A make-believe CRM that notes every change of every person: the history that the oracle judges by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from so_sandbox.world.rows import Consent, Email, Person
from so_sandbox.world.tenant import Tenant
from so_sandbox.world.world import World

_PERSON_TYPES, _SYSTEM = {4, 7}, 13


@dataclass(frozen=True, slots=True)
class Row:
    """A consent as it stands, and who wrote it last: crm, us, human, person or import."""

    basis: str
    source: str
    writer: str

    @property
    def value(self) -> tuple[str, str]:
        return self.basis, self.source


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one person, and how she stands after it."""

    number: int
    at: datetime
    what: str
    ours: bool
    """Written by the product's own system user."""
    purpose: str | None
    """The purpose whose consent was written, where that is what happened."""
    before: Row | None
    """The row that was written over."""
    rows: Mapping[str, Row]
    address: str
    """The primary address, lower case; empty if none."""
    bounced: bool
    gone: bool


@dataclass(slots=True)
class History:
    """All that ever happened in one tenant, by person, in order."""

    entries: defaultdict[int, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    told: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By person: the numbers of the events that told of her, once we are installed."""
    installed: bool = False
    number_at_installation: int = 0
    number: int = 0

    def next(self) -> int:
        self.number += 1
        return self.number


class WatchedTenant(Tenant):
    """A tenant that writes its history; what a change consists of is one entry."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.history = History()
        self._watching = False

    def create_person(self, **given: Any) -> Person:
        with self._watch("created") as note:
            person = super().create_person(**given)
            note(person.person_id)
            return person

    def set_emails(self, person_id: int, addresses: Sequence[str]) -> None:
        with self._watch("addresses") as note:
            super().set_emails(person_id, addresses)
            note(person_id)

    def soft_delete(self, person_id: int, *, by: int | None = None) -> None:
        with self._watch("deleted") as note:
            super().soft_delete(person_id, by=by)
            note(person_id)

    def undelete(self, person_id: int, *, by: int | None = None) -> None:
        with self._watch("undeleted") as note:
            super().undelete(person_id, by=by)
            note(person_id)

    def merge(self, source_id: int, destination_id: int, **given: Any) -> None:
        with self._watch("merged") as note:
            super().merge(source_id, destination_id, **given)
            note(source_id)
            note(destination_id)

    def write_consent(
        self, person_id: int, purpose_id: int, basis_id: int, source_id: int, comment: str, *, by: int
    ) -> Consent:
        purpose = self.tables.lists.purposes[purpose_id].key
        with self._watch("consent") as note:
            before = self._rows(person_id).get(purpose)
            row = super().write_consent(person_id, purpose_id, basis_id, source_id, comment, by=by)
            note(person_id, ours=self._writer(by) == "us", purpose=purpose, before=before)
            return row

    def announce(self, name: str, primary_key: int, **given: Any) -> None:
        if self.history.installed and name.startswith("person."):
            self.history.told[primary_key].append(self.history.next())
        super().announce(name, primary_key, **given)

    @contextmanager
    def _watch(self, what: str) -> Iterator[Callable[..., None]]:
        """Note the outermost change only; what it consists of is part of it."""
        with self.change():
            outermost, self._watching = not self._watching, True
            # Taken first, so that the events of a change come after it.
            number = self.history.next() if outermost else 0

            def note(person_id: int, **given: Any) -> None:
                if outermost:
                    self._note(number, what, person_id, **given)

            try:
                yield note
            finally:
                if outermost:
                    self._watching = False

    def _note(
        self,
        number: int,
        what: str,
        person_id: int,
        *,
        ours: bool = False,
        purpose: str | None = None,
        before: Row | None = None,
    ) -> None:
        person = self.tables.persons.get(person_id)
        emails: list[Email] = self.emails(person_id)
        self.history.entries[person_id].append(
            Entry(
                number=number,
                at=datetime.now(UTC),
                what=what,
                ours=ours,
                purpose=purpose,
                before=before,
                rows=self._rows(person_id),
                address=emails[0].email_address.casefold() if emails else "",
                bounced=bool(emails and emails[0].bounce_count),
                gone=person is None or person.deleted_date is not None,
            )
        )

    def _rows(self, person_id: int) -> dict[str, Row]:
        lists = self.tables.lists
        return {
            lists.purposes[row.purpose_id].key: Row(
                lists.legal_bases[row.legal_base_id].key,
                lists.sources[row.source_id].key,
                self._last_writer(row),
            )
            for row in self.consents(person_id)
        }

    def _last_writer(self, row: Consent) -> str:
        person = self.tables.persons.get(row.person_id)
        of_the_crm = (
            self.tables.lists.purposes[row.purpose_id].key == "STORE"
            and row.updated is None
            and not row.comment
            and person is not None
            and timedelta(0) <= row.registered - person.registered <= timedelta(seconds=60)
        )
        return "crm" if of_the_crm else self._writer(row.updated_associate_id or row.registered_associate_id)

    def _writer(self, associate_id: int) -> str:
        associate = self.tables.associates[associate_id]
        if associate.role == "app":
            return "us"
        if associate.type in _PERSON_TYPES:
            return "person"
        return "import" if associate.type == _SYSTEM else "human"


class WatchedWorld(World):
    """A world of watched tenants."""

    def add_tenant(self, context_identifier: str) -> WatchedTenant:
        with self.lock:
            tenant = WatchedTenant(context_identifier, self.surroundings, number=len(self.tenants) + 1)
            tenant.listeners.append(lambda _, event: self._tell(tenant, event))
            self.tenants[context_identifier] = tenant
            return tenant

    def watched(self) -> list[WatchedTenant]:
        return [tenant for tenant in self.tenants.values() if isinstance(tenant, WatchedTenant)]
