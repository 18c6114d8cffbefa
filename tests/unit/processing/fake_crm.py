"""One tenant's CRM in memory, at the port: it keeps what it is told, and can be made to fail at any call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from so_privacy_ext.errors import CrmFailure, Fault, NoOp
from so_privacy_ext.model import (
    STORE,
    WITHDRAWN,
    Associate,
    AssociateId,
    Consent,
    Country,
    EmailAddress,
    Glance,
    LegalBasis,
    Person,
    PersonId,
    Purpose,
    Source,
    Template,
    TenantLists,
    UserField,
)

Answer = TypeVar("Answer")

HUMAN, PORTAL, IMPORTER, OWN, BOT = map(AssociateId, (10, 20, 30, 40, 50))
BASES = ("61A", "61B", "61C", "61D", "61E", "61F", WITHDRAWN)
SOURCES = ["USER", "EMAIL", "REQUEST", "CHAT", "WEBFORM", "CUSTOMERPORTAL", "IMPORT", "API", "UNKNOWN"]
NEW_SOURCES = ["CARD", "PHONE", "FAIR", "REFERRAL", "ERP", "VENDOR", "JOBAPPLY"]
PURPOSES = ["STORE", "EMARKETING", "NEWSLETTER", "EVENTINVITE", "EVENTRUN", "ACCOUNTING", "RECRUIT"]
LCIDS = {"da": 1030, "no": 1044, "sv": 1053, "en-us": 1033, "de": 1031}
COUNTRIES = {"DK": 1030, "NO": 1044, "SE": 1053, "DE": 1031, "GB": 2057}
NOTICE_13, NOTICE_14, CHAT_TEMPLATE = 413, 414, 420
OWNER_COMPANY, EMPLOYEE = 1, 900
READ_PERSONS = 4
"""Requests of one batched read: persons, addresses, consents, companies."""
GLANCE = 3
"""The same without companies."""


def tenant_lists(**changed: Any) -> TenantLists:
    """Give the lists of the demo's tenant."""
    standing = TenantLists(
        purposes=tuple(
            Purpose(100 + at, key, active=True, deleted=False, has_text=key == "EMARKETING")
            for at, key in enumerate(PURPOSES)
        ),
        bases=tuple(LegalBasis(200 + at, key, deleted=False) for at, key in enumerate(BASES)),
        sources=tuple(
            Source(
                300 + at,
                key,
                deleted=False,
                mail_template_id=CHAT_TEMPLATE if key == "CHAT" else 0,
            )
            for at, key in enumerate(SOURCES + NEW_SOURCES)
        ),
        templates=tuple(
            Template(400 + at, f"privacy-notice-{at}", tuple(LCIDS), deleted=False, is_privacy=True)
            for at in (13, 14)
        ),
        countries={at: Country(at, iso, lcid) for at, (iso, lcid) in enumerate(COUNTRIES.items(), 1)},
        associates={
            one: Associate(one, kind, person_id=person, deleted=False)
            for one, kind, person in (
                (HUMAN, 0, EMPLOYEE),
                (PORTAL, 7, 0),
                (IMPORTER, 13, 0),
                (OWN, 13, 0),
                (BOT, 13, 0),
            )
        },
        categories={51: "Prospect", 52: "Customer", 53: "Lost customer"},
        businesses={61: "Sole trader"},
        positions={},
        forms={5: "contact"},
        customer_languages={1: "da", 2: "no"},
        owner_company_ids=frozenset({OWNER_COMPANY}),
        cultures=LCIDS,
        solanguages={"DA": 1030, "NO": 1044, "SW": 1053, "GE": 1031, "US": 1033},
        default_basis="61B",
    )
    return replace(standing, **changed)


@dataclass(frozen=True)
class Call:
    operation: str
    person_ids: tuple[PersonId, ...]
    arguments: Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.operation}{list(self.person_ids)}"


@dataclass(frozen=True)
class SentMail:
    person_id: PersonId
    address: str
    template_id: int
    lcid: int
    at: datetime


@dataclass
class Script:
    """What happens at the n-th call of an operation, counted from when it was asked for."""

    operation: str
    countdown: int
    times: int
    before: Callable[[], None] | None
    after: Callable[[], None] | None
    failure: BaseException | None
    applied: bool


@dataclass
class FakeCrm:
    now: Callable[[], datetime]
    own: AssociateId = OWN
    listing: TenantLists = field(default_factory=tenant_lists)
    emit: Callable[[str, int], object] = lambda name, person_id: None
    """Told of every consent that is written, as the webhooks are."""
    watch: Callable[[int, str, str, AssociateId], None] = lambda person_id, purpose, basis, by: None
    """Told of every consent that is written, and by whom."""
    poison: dict[int, Exception] = field(default_factory=dict)
    """What a read raises, whoever else is in it."""
    persons: dict[int, Person] = field(default_factory=dict)
    rows: dict[int, dict[str, Consent]] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    merged: dict[int, PersonId] = field(default_factory=dict)
    outbox: list[SentMail] = field(default_factory=list)
    activities: list[tuple[int, int, datetime]] = field(default_factory=list)
    """(person, template, when) of every mail that is archived, whoever sent it."""
    languages: dict[int, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    lists_read: int = 0
    placed: bool = False
    """Whether a call may leave at once."""
    _cached: TenantLists | None = None

    # What the world does

    def add(
        self,
        person_id: int,
        source: str | None = "WEBFORM",
        *,
        basis: str = "61B",
        country: str = "DK",
        email: str | None = "",
        emails: Sequence[EmailAddress] | None = None,
        registered: datetime | None = None,
        by: AssociateId = HUMAN,
        company: int = 77,
        born: date | None = None,
        form: int = 0,
        language: int = 0,
    ) -> PersonId:
        """Enter a person with the CRM's own STORE row; without a source there is no row (yet)."""
        at = registered or self.now()
        one = PersonId(person_id)
        if emails is None:
            address = f"person{person_id}@example.com" if email == "" else email
            emails = [] if address is None else [EmailAddress(address, 1)]
        self.persons[one] = Person(
            person_id=one,
            company_id=company,
            company_country_id=None,
            country_id=1 + list(COUNTRIES).index(country) if country else 0,
            category_id=0,
            business_id=0,
            position_id=0,
            retired=False,
            registered=at,
            registered_associate_id=by,
            updated_count=0,
            form_id=form,
            language_id=language,
            birth_date=born,
            erp_linked=False,
            emails=tuple(emails),
            consents={},
        )
        self.rows[one] = {}
        if source is not None:
            self.default_row(one, source, basis)
        return one

    def default_row(self, person_id: int, source: str, basis: str = "61B") -> None:
        """Write the row that the CRM itself gives to a new person."""
        person = self.persons[person_id]
        by = person.registered_associate_id
        self.rows[person_id][STORE] = Consent(
            PersonId(person_id), STORE, basis, source, "", person.registered, by, None, AssociateId(0), 0
        )

    def change(self, person_id: int, **columns: Any) -> None:
        person = self.persons[person_id]
        self.persons[person_id] = replace(person, updated_count=person.updated_count + 1, **columns)

    def write_row(
        self,
        person_id: int,
        purpose: str,
        basis: str,
        source: str,
        *,
        by: AssociateId = HUMAN,
        comment: str = "",
        event: bool = True,
    ) -> None:
        """Write a consent as somebody, so that it counts as updated."""
        self.watch(person_id, purpose, basis, by)
        rows, at = self.rows[person_id], self.now()
        old = rows.get(purpose)
        if old is None:
            rows[purpose] = Consent(
                PersonId(person_id), purpose, basis, source, comment, at, by, None, AssociateId(0), 0
            )
        else:
            rows[purpose] = replace(
                old,
                basis=basis,
                source=source,
                comment=comment,
                updated=at,
                updated_associate_id=by,
                updated_count=old.updated_count + 1,
            )
        if event:
            self.emit("person.unconsented" if basis == WITHDRAWN else "person.consented", person_id)

    def withdraw(self, person_id: int, purpose: str = STORE) -> None:
        """Take a consent back, as the person does it in the portal."""
        self.write_row(person_id, purpose, WITHDRAWN, "CUSTOMERPORTAL", by=PORTAL)

    def soft_delete(self, person_id: int) -> None:
        self.deleted.add(person_id)

    def undelete(self, person_id: int) -> None:
        self.deleted.discard(person_id)

    def merge(self, source: int, destination: int) -> None:
        """Merge a person into another: the destination's rows stay, missing ones are taken over."""
        self.rows[destination] = {**self.rows[source], **self.rows[destination]}
        self.deleted.add(source)
        self.merged[source] = PersonId(destination)

    def archive(self, person_id: int, template_id: int) -> None:
        """Archive a mail that the CRM itself has sent."""
        self.activities.append((person_id, template_id, self.now()))

    # What a test asks for

    def on(
        self,
        operation: str,
        *,
        nth: int = 1,
        times: int = 1,
        before: Callable[[], None] | None = None,
        after: Callable[[], None] | None = None,
        fail: BaseException | None = None,
        applied: bool = False,
    ) -> None:
        """Have something happen at the n-th call from now; `applied`: it fails after its effect."""
        self.scripts.append(Script(operation, nth, times, before, after, fail, applied))

    def count(self, *operations: str) -> int:
        return sum(call.operation in operations for call in self.calls)

    @property
    def writes(self) -> int:
        return self.count("set_consent")

    @property
    def requests(self) -> int:
        """Count requests without those for mails."""
        counted = Counter(call.operation for call in self.calls)
        mailing = counted["best_language"] + counted["send_notice"] + counted["notice_archived"]
        read = (READ_PERSONS - 1) * counted["read_persons"] + (GLANCE - 1) * counted["glance"]
        return counted.total() - mailing - counted["place"] + read

    def store(self, person_id: int) -> tuple[str, str]:
        row = self.rows[person_id][STORE]
        return row.basis, row.source

    # The port

    def lists(self) -> TenantLists:
        if self._cached is None:
            self.lists_read += 1
            self._cached = self.listing
        return self._cached

    def forget_lists(self) -> None:
        self._cached = None

    def read_persons(
        self, ids: Sequence[PersonId], fields: Sequence[UserField] = (), /
    ) -> Mapping[PersonId, Person]:
        def read() -> Mapping[PersonId, Person]:
            return {one: self._with(person, fields) for one, person in self._alive(ids).items()}

        return self._call("read_persons", ids, read)

    def glance(self, ids: Sequence[PersonId]) -> Mapping[PersonId, Glance]:
        def look() -> Mapping[PersonId, Glance]:
            return {one: Glance(person.mark, person.consents) for one, person in self._alive(ids).items()}

        return self._call("glance", ids, look)

    def read_consents(self, ids: Sequence[PersonId]) -> Mapping[PersonId, Mapping[str, Consent]]:
        return self._call("read_consents", ids, lambda: {one: dict(self.rows.get(one, {})) for one in ids})

    def merged_into(self, ids: Sequence[PersonId]) -> Mapping[PersonId, PersonId]:
        return self._call(
            "merged_into", ids, lambda: {one: self.merged[one] for one in ids if one in self.merged}
        )

    def set_consent(
        self, person_id: PersonId, *, purpose: str, basis: str, source: str, comment: str
    ) -> None:
        def write() -> None:
            self._refuse_gone(person_id, "SetConsent")
            self.write_row(person_id, purpose, basis, source, by=self.own, comment=comment)

        self._call(
            "set_consent", [person_id], write, purpose=purpose, basis=basis, source=source, comment=comment
        )

    def best_language(self, person_id: PersonId, template_id: int) -> str:
        return self._call("best_language", [person_id], lambda: self.languages.get(person_id, ""))

    @contextmanager
    def place(self) -> Iterator[None]:
        self._call("place", [], lambda: None)
        self.placed = True
        try:
            yield
        finally:
            self.placed = False

    def send_notice(self, person_id: PersonId, *, address: str, template_id: int, lcid: int) -> None:
        def send() -> None:
            assert self.placed, "waits for its place after the claim"
            self._refuse_gone(person_id, "SendConsentConfirmationEmail")
            self.outbox.append(SentMail(person_id, address, template_id, lcid, self.now()))
            self.archive(person_id, template_id)

        self._call("send_notice", [person_id], send)

    def notice_archived(self, person_id: PersonId, template_id: int, since: datetime) -> bool:
        return self._call(
            "notice_archived",
            [person_id],
            lambda: any(
                (one, template) == (person_id, template_id) and at >= since - timedelta(seconds=1)
                for one, template, at in self.activities
            ),
        )

    def _call(
        self, operation: str, ids: Sequence[PersonId], do: Callable[[], Answer], **arguments: object
    ) -> Answer:
        self.calls.append(Call(operation, tuple(ids), arguments))
        script = self._next_script(operation)
        if script is None:
            return do()
        if script.before:
            script.before()
        if script.failure is not None:
            if script.applied:
                do()
            raise script.failure
        answer = do()
        if script.after:
            script.after()
        return answer

    def _next_script(self, operation: str) -> Script | None:
        chosen = None
        for script in list(self.scripts):
            if script.operation != operation:
                continue
            script.countdown -= 1
            if script.countdown > 0 or chosen is not None:
                continue
            chosen = script
            script.times -= 1
            if script.times == 0:
                self.scripts.remove(script)
        return chosen

    def _alive(self, ids: Sequence[PersonId]) -> dict[PersonId, Person]:
        for one in ids:
            if one in self.poison:
                raise self.poison[one]
        return {one: self._person(one) for one in ids if self._here(one)}

    def _here(self, person_id: int) -> bool:
        return person_id in self.persons and person_id not in self.deleted

    def _person(self, person_id: int) -> Person:
        return replace(self.persons[person_id], consents=dict(self.rows[person_id]))

    def _with(self, person: Person, fields: Sequence[UserField]) -> Person:
        asked = {one.key for one in fields}
        return replace(person, fields={key: value for key, value in person.fields.items() if key in asked})

    def _refuse_gone(self, person_id: int, operation: str) -> None:
        if not self._here(person_id):
            raise NoOp(Fault.NOT_FOUND, operation)


def failure(kind: type[CrmFailure], fault: Fault, **more: Any) -> CrmFailure:
    """Make a failure of the CRM."""
    return kind(fault, "Operation", **more)
