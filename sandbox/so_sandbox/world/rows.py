"""The database rows of a tenant, as far as anything reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Person:
    """A row of table person, e-mail addresses aside."""

    person_id: int
    registered: datetime
    registered_associate_id: int
    firstname: str = ""
    lastname: str = ""
    title: str = ""
    contact_id: int = 0
    country_id: int = 0
    category_idx: int = 0
    business_idx: int = 0
    position_idx: int = 0
    retired: int = 0
    source: int = 0
    nomailing: int = 0
    associate_id: int = 0
    group_id: int = 0
    support_language_id: int = 0
    year_of_birth: int = 0
    month_of_birth: int = 0
    day_of_birth: int = 0
    active_erp_links: int = 0
    dbi_agent_id: int = 0
    active_interests: int = 0
    created_by_form_id: int = 0
    updated: datetime | None = None
    updated_associate_id: int = 0
    updated_count: int = 0
    deleted_date: datetime | None = None
    filled: dict[str, int | float | str] = field(default_factory=dict)
    """What stands in her user-defined fields, by column, such as `userdef_id.long05`."""


@dataclass(slots=True)
class Email:
    """A row of table email; rank 1 is the primary address."""

    email_id: int
    person_id: int
    email_address: str
    rank: int
    updated: datetime
    type: int = 0
    bounce_count: int = 0


@dataclass(slots=True)
class Consent:
    """A row of table consentperson: unique by person and purpose."""

    consentperson_id: int
    person_id: int
    purpose_id: int
    legal_base_id: int
    source_id: int
    comment: str
    registered: datetime
    registered_associate_id: int
    updated: datetime | None = None
    updated_associate_id: int = 0
    updated_count: int = 0


@dataclass(frozen=True, slots=True)
class Company:
    """A row of table contact."""

    contact_id: int
    name: str
    country_id: int
    associate_id: int
    category_idx: int = 0
    business_idx: int = 0
    owner: bool = False
    filled: dict[str, int | float | str] = field(default_factory=dict)
    """As a person's."""


@dataclass(frozen=True, slots=True)
class Associate:
    """A login; type 0 employee, 7 anonymous, 13 system."""

    associate_id: int
    name: str
    type: int
    person_id: int = 0
    full_name: str = ""
    deleted: int = 0
    role: str = ""
    """What the sandbox uses it for: user, service, api, erp, administrator, app."""


@dataclass(frozen=True, slots=True)
class Activity:
    """A document on a person's Activities tab, with its appointment row."""

    appointment_id: int
    person_id: int
    document_id: int
    task_idx: int
    """The id of the template that the document was made of."""
    type: int
    registered: datetime
    registered_associate_id: int
    header: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in the outbox."""

    mail_id: int
    person_id: int
    to: str = field(repr=False)
    template_id: int
    template_name: str
    language: str
    lcid: int
    subject: str = field(repr=False)
    html: str = field(repr=False)
    sent: datetime
    by_associate_id: int
    by: str
    """`crm` when the CRM mailed by itself, `api` when SendConsentConfirmationEmail was called."""
    appointment_id: int


@dataclass(frozen=True, slots=True)
class Insertion:
    """A row of traveltransactionlog: who inserted a row of a table, and how."""

    log_id: int
    record_id: int
    associate_id: int
    flags: int
    application_id: str
    table: int = 6
    """The number of the table: 6 person, 471 consentperson."""


@dataclass(frozen=True, slots=True)
class Move:
    """A row of mergemovelog."""

    log_id: int
    source_record: int
    destination_record: int


@dataclass(slots=True)
class Job:
    """A background job of a bulk update of consents."""

    job_id: int
    context: str
    associate_id: int
    created: datetime
    operation: str
    """`add` or `remove`."""
    values: Mapping[str, int | str]
    """Of the consent that each person gets, by the row's attributes; for `remove` its purpose alone."""
    person_ids: tuple[int, ...]
    last: int
    """How many persons it comes to before it fails; all of them when it does not."""
    state: str = "New"
    done: int = 0

    @property
    def running(self) -> bool:
        return self.state not in {"Succeeded", "Failed"}


@dataclass(slots=True)
class Webhook:
    """A registered webhook with its usage; state 1 Active, 2 Stopped, 3 TooManyErrors."""

    webhook_id: int
    name: str
    events: list[str]
    target_url: str
    secret: str = field(repr=False)
    state: int
    type: str
    client_id: str
    """The app that registered it and alone sees it."""
    registered: datetime
    registered_associate_id: int
    updated: datetime | None = None
    updated_associate_id: int = 0
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    properties: dict[str, object] = field(default_factory=dict, repr=False)
    errors_email: str = ""
    error_emails: list[str] = field(default_factory=list)
    description: str = ""
    notify_via: list[str] = field(default_factory=list)
    notify_when: list[str] = field(default_factory=list)
    total_calls: int = 0
    total_errors: int = 0
    consecutive_errors: int = 0
    last_error: str = ""
