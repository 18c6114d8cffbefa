"""Persons of a tenant: how they enter and change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

from so_sandbox.world.defaulting import STORE, Defaulting
from so_sandbox.world.errors import InvalidArgument
from so_sandbox.world.events import local, naive
from so_sandbox.world.rows import Email, Insertion, Person

IMPORTED = 1


@dataclass(frozen=True, slots=True)
class Channel:
    """A way into the CRM: whose login creates the person, and the source that comes with it."""

    role: str
    source: str
    flags: int = 0
    erp: bool = False


CHANNELS: Mapping[str, Channel] = {
    "USER": Channel("user", "USER"),
    "EMAIL": Channel("service", "EMAIL"),
    "REQUEST": Channel("service", "REQUEST"),
    "CHAT": Channel("service", "CHAT"),
    "WEBFORM": Channel("service", "WEBFORM"),
    "CUSTOMERPORTAL": Channel("service", "CUSTOMERPORTAL"),
    "IMPORT": Channel("user", "IMPORT", flags=IMPORTED),
    "API": Channel("api", ""),
    "ERP": Channel("erp", "", erp=True),
}
COLUMNS = tuple(f.name for f in fields(Person) if f.name != "filled")
BY_THE_SERVER = frozenset(
    {
        "person_id",
        "registered",
        "registered_associate_id",
        "updated",
        "updated_associate_id",
        "updated_count",
        "deleted_date",
    }
)
SETTABLE = tuple(name for name in COLUMNS if name not in BY_THE_SERVER)
DATABASE_NAMES = {
    "updated_count": "updatedCount",
    "support_language_id": "supportLanguageId",
    "active_erp_links": "activeErpLinks",
    "active_interests": "activeInterests",
    "deleted_date": "DeletedDate",
}


class People(Defaulting):
    """Creates and changes persons as the CRM does, default consent included."""

    def create_person(
        self,
        *,
        channel: str = "USER",
        source: str | None = None,
        emails: Sequence[str] = (),
        consents: Mapping[str, tuple[str, str]] | None = None,
        form: str | None = None,
        by: int | None = None,
        age: timedelta = timedelta(0),
        **columns: object,
    ) -> Person:
        """Create a person with her addresses and consents in one transaction.

        `consents` (purpose key to basis key and source key) is written with her, as a form does; `source` is
        what a user picks or an integration sends; `age` makes the row older than now.
        """
        way = CHANNELS.get(channel)
        if way is None:
            raise InvalidArgument(f"no channel {channel!r}; there are: {', '.join(CHANNELS)}")
        _check(columns)
        with self.change():
            creator = by or self.associate(way.role).associate_id
            person = Person(
                person_id=self.tables.next_id("person"),
                registered=self.now() - age,
                registered_associate_id=creator,
            )
            self._mirror_company(person, columns)
            for name, value in columns.items():
                setattr(person, name, value)
            person.active_erp_links = person.active_erp_links or int(way.erp)
            if form is not None:
                person.created_by_form_id = self.item_id("forms", form)
            log_id = self.tables.next_id("traveltransactionlog")
            self.tables.persons[person.person_id] = person
            self.tables.insertions[person.person_id] = Insertion(
                log_id, person.person_id, creator, way.flags, ""
            )
            self._write_emails(person.person_id, emails)
            default = source or way.source or self.surroundings.switches.api_source
            if self.surroundings.switches.default_consent_event == "before_created":
                self._give_consents(person, default, consents or {}, creator)
                self._announce_created(person)
            else:
                self._announce_created(person)
                self._give_consents(person, default, consents or {}, creator)
            return person

    def change_person(self, person_id: int, *, by: int | None = None, **columns: object) -> Person:
        """Change columns of a person; nothing is written or told when all stand already."""
        _check(columns)
        with self.change():
            person = self.person(person_id)
            changed = [name for name, value in columns.items() if getattr(person, name) != value]
            if changed:
                for name in changed:
                    setattr(person, name, columns[name])
                self._touch(person, by or self.associate("user").associate_id, changed)
            return person

    def set_emails(self, person_id: int, addresses: Sequence[str]) -> None:
        """Replace all addresses of a person, primary first; no event tells of it."""
        with self.change():
            self.person(person_id)
            self._write_emails(person_id, addresses)

    def add_email(self, person_id: int, address: str, *, primary: bool = False) -> None:
        """Add an address, or re-rank the one that is there; no event tells of it."""
        kept = [row.email_address for row in self.emails(person_id) if row.email_address != address]
        self.set_emails(person_id, [address, *kept] if primary else [*kept, address])

    def _give_consents(
        self, person: Person, default: str, consents: Mapping[str, tuple[str, str]], creator: int
    ) -> None:
        for purpose, (basis, source) in consents.items():
            source_id = self.item_id("sources", source)
            row = self.write_consent(
                person.person_id,
                self.item_id("purposes", purpose),
                self.item_id("legal_bases", basis),
                source_id,
                "",
                by=creator,
            )
            row.registered = person.registered
            if purpose == STORE:
                self.send_by_source(person.person_id, source_id, by=creator)
        if STORE not in consents:
            self.give_default(person, default)

    def _write_emails(self, person_id: int, addresses: Sequence[str]) -> None:
        bounces = {row.email_address: row.bounce_count for row in self.emails(person_id)}
        self.tables.emails[person_id] = [
            Email(
                email_id=self.tables.next_id("email"),
                person_id=person_id,
                email_address=address,
                rank=rank,
                updated=self.now(),
                bounce_count=bounces.get(address, 0),
            )
            for rank, address in enumerate(addresses, start=1)
        ]

    def _mirror_company(self, person: Person, columns: Mapping[str, object]) -> None:
        company_id = columns.get("contact_id")
        if not company_id:
            return
        company = self.tables.companies.get(int(str(company_id)))
        if company is None:
            raise InvalidArgument(f"there is no company {company_id}")
        person.category_idx, person.business_idx = company.category_idx, company.business_idx
        person.associate_id = company.associate_id

    def _touch(self, person: Person, by: int, changed: Iterable[str]) -> None:
        person.updated, person.updated_associate_id = self.now(), by
        person.updated_count += 1
        names = (*changed, "updated", "updated_associate_id", "updated_count")
        self.announce(
            "person.changed",
            person.person_id,
            changes=("person_id", *(DATABASE_NAMES.get(name, name) for name in names)),
            field_values=_field_values(person),
            by=by,
        )

    def _announce_created(self, person: Person) -> None:
        self.announce(
            "person.created",
            person.person_id,
            changes=(DATABASE_NAMES.get(name, name) for name in COLUMNS),
            field_values=_field_values(person),
            by=person.registered_associate_id,
        )


def _check(columns: Mapping[str, object]) -> None:
    for name, value in columns.items():
        if name not in SETTABLE:
            raise InvalidArgument(f"no column {name!r} to set; there are: {', '.join(SETTABLE)}")
        wanted = str if name in {"firstname", "lastname", "title"} else int
        if not isinstance(value, wanted):
            raise InvalidArgument(f"column {name} takes {wanted.__name__}")


def _field_values(person: Person) -> dict[str, object]:
    return {
        "activeInterests": person.active_interests,
        "associate_id": person.associate_id,
        "business_idx": person.business_idx,
        "category_idx": person.category_idx,
        "contact_id": person.contact_id,
        "country_id": person.country_id,
        "DeletedDate": naive(person.deleted_date),
        "group_id": person.group_id,
        "person_id": person.person_id,
        "position_idx": person.position_idx,
        "registered": naive(person.registered),
        "registered_associate_id": person.registered_associate_id,
        "retired": person.retired,
        "source": person.source,
        "updated": local(person.updated),
        "updated_associate_id": person.updated_associate_id,
        "userdef2_id": 0,
        "userdef_id": 0,
    }
