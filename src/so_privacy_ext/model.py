"""The nouns that every room passes around: frozen, slotted, without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

TenantId = NewType("TenantId", int)
"""Our own number of one (environment, context identifier); never the CRM's."""
ContextIdentifier = NewType("ContextIdentifier", str)
PersonId = NewType("PersonId", int)
AssociateId = NewType("AssociateId", int)
Epoch = NewType("Epoch", int)
"""Starts at 1; a restored CRM backup begins a new one, because person ids may then be re-issued."""
Slot = NewType("Slot", str)
"""32 lower-case hex digits: the random name of one tenant's subscription."""
EventId = NewType("EventId", str)
"""Lower-case GUID of the body, or `sha256:` and the body's hash where there is none."""
AddressHash = NewType("AddressHash", str)
"""HMAC-SHA-256 of a trimmed, case-folded address under a per-tenant key, in hex."""

STORE = "STORE"
WITHDRAWN = "WITHDRAWN"
EXPLICIT_CONSENT = "61A"
TAG_PREFIX = "so-privacy "
ENDS = "ends"
"""Kind of periodic work: what has come to its end, and who may be asked to renew."""
ERASURES = "erasures"
"""Kind of periodic work: what plugins owe to have erased."""
WATCHDOG, NEW_SWEEP, WHOLE_SWEEP = "watchdog", "sweep_new", "sweep"
"""Kinds of periodic work: to see to our webhooks, and to look for what no event told of."""
SWEPT_EVENT = "person.swept"
"""Our own event of a person whom a sweep found; no webhook can tell it."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the CRM says has happened; a hint, never a source of values to act on."""

    event_id: EventId
    name: str
    primary_key: int
    changes: frozenset[str] = frozenset()
    changed_by: AssociateId | None = None
    timestamp: datetime | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """An event as it lies in the inbox, with how often it was tried."""

    inbox_id: int
    event: Event
    received_at: datetime
    attempts: int = 0
    decision_id: int | None = None


@dataclass(frozen=True, slots=True)
class SlotKeys:
    """Whose slot it is, and the secrets that may sign for it now."""

    tenant_id: TenantId
    context_identifier: ContextIdentifier
    secrets: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified request on its way into the inbox, or into quarantine when a reason is given."""

    tenant_id: TenantId
    body: bytes = field(repr=False)
    body_sha256: bytes
    event: Event | None
    quarantine_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer's SuperOffice installation that installed us."""

    tenant_id: TenantId
    context_identifier: ContextIdentifier
    environment: str
    epoch: Epoch
    tell_from: datetime | None
    own_associate_id: AssociateId | None
    address_key: bytes = field(repr=False)
    parked_until: datetime | None = None
    parked_reason: str | None = None
    state: str | None = None
    """As the state API last said it, by the vendor's name."""
    mails_lost_from: datetime | None = None
    """The moment of the backup that our database was brought back from; mails since then are unknown."""
    mails_lost_to: datetime | None = None
    """When it was brought back; who was registered later can't have been told before."""
    reconciling: bool = False
    """The CRM was set back, and not all persons whom we knew have been looked at."""
    mass_writes: bool = False
    """Its administrator lets a run write many consents in one call, past the CRM's own rules."""
    paused: bool = False
    """Its administrator wants nothing done; what the law asks goes on."""
    plugins: int = 0
    """How often its plugins were switched or set; 0 while it never had one."""
    endpoints: int = 0
    """How often its endpoints were changed; 0 while it never had one."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One person x one purpose as it stands in the CRM, by keys."""

    person_id: PersonId
    purpose: str
    basis: str
    source: str
    comment: str = field(repr=False)
    registered: datetime
    registered_associate_id: AssociateId
    updated: datetime | None
    updated_associate_id: AssociateId
    updated_count: int


class FieldKind(StrEnum):
    """What a user-defined field holds."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    CHECKBOX = "checkbox"
    ITEM = "item"
    """An item of a list."""


FieldValue = str | int | float | bool | date | None
"""A text, a number, a checkbox, a day, the id of a list item; None where nothing is filled in."""


@dataclass(frozen=True, slots=True)
class UserField:
    """A field that the tenant's administrator has added to persons or to companies."""

    owner: str
    """`person` or `company`."""
    prog_id: str
    """Its name for programs, such as `SuperOffice:3`; stays when it is called otherwise or moved."""
    label: str
    """As the CRM writes it, in several languages at once where it has them."""
    kind: FieldKind
    column: str
    """Where it lies, seen from its owner's table, such as `userdef_id.long05`; it may be moved."""
    items: Mapping[int, str] = field(default_factory=dict)
    """Of a list: id → name."""
    layout: str = ""
    """Which publication of the owner's fields this is of; in another, columns may mean other fields."""

    @property
    def key(self) -> str:
        """Name it among the facts of a person."""
        return f"{self.owner}/{self.prog_id}"


@dataclass(frozen=True, slots=True)
class ConsentEnd:
    """When what stands of one person x one purpose comes to its end."""

    person_id: PersonId
    purpose: str
    basis: str
    since: datetime
    """When this basis was given, from which its time counts; no repeat of a write moves it."""
    ends_at: datetime
    renew_at: datetime | None = None
    """From when on the person may be asked to renew."""
    renewal: str | None = None
    """What came of asking; None until then."""


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """One e-mail address of a person, lowest rank first = primary."""

    address: str = field(repr=False)
    rank: int
    bounce_count: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """A person as read from the CRM in one batch, with addresses and consents."""

    person_id: PersonId
    company_id: int
    company_country_id: int | None
    country_id: int
    category_id: int
    business_id: int
    position_id: int
    retired: bool
    registered: datetime
    registered_associate_id: AssociateId
    updated_count: int
    form_id: int
    language_id: int
    birth_date: date | None = field(repr=False)
    erp_linked: bool
    emails: tuple[EmailAddress, ...]
    consents: Mapping[str, Consent]
    """By purpose key."""
    updated: datetime | None = None
    """When anybody last saved her."""
    last_email_id: int = 0
    """The highest id of her addresses; a save gives them new ones."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict, repr=False)
    """By the key of each user-defined field that was asked for, hers and her company's."""

    @property
    def mark(self) -> Mark:
        """Tell how far she has come, as read."""
        return Mark(self.updated_count, self.last_email_id, last_change(self.consents.values()))


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a person had come at some reading; None where that was not looked at."""

    updated_count: int | None = None
    address_id: int | None = None
    consents_at: datetime | None = None
    """When the CRM last changed a consent of hers."""


def last_change(consents: Iterable[Consent]) -> datetime | None:
    """Tell when the CRM last changed one of these; None of none."""
    return max((row.updated or row.registered for row in consents), default=None)


@dataclass(frozen=True, slots=True)
class Glance:
    """How far a person has come and how her consents stand: all that tells whether she has changed."""

    mark: Mark
    consents: Mapping[str, Consent]
    """By purpose key."""


class SweepKind(StrEnum):
    """`new` looks by primary key for what was added, `whole` for all that changed in a time as well."""

    NEW = "new"
    WHOLE = "whole"


class Stage(StrEnum):
    """The parts of a sweep, in their order."""

    NEW_PERSONS = "new_persons"
    NEW_ADDRESSES = "new_addresses"
    NEW_CONSENTS = "new_consents"
    CHANGED_PERSONS = "changed_persons"
    CHANGED_ADDRESSES = "changed_addresses"
    CHANGED_CONSENTS = "changed_consents"


@dataclass(frozen=True, slots=True)
class LastIds:
    """The highest ids that the CRM has given out."""

    person: int
    address: int
    consent: int


@dataclass(frozen=True, slots=True)
class Change:
    """A row that says that a person changed, and when by the CRM's clock."""

    person_id: PersonId
    at: tuple[datetime, ...]
    mark: Mark


@dataclass(frozen=True, slots=True)
class ChangePage:
    """One page of a stage, with the id after which the next one begins."""

    changes: tuple[Change, ...]
    last: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep on its way: which time it looks at, between which ids, and how far it has come."""

    sweep_id: int
    kind: SweepKind
    why: str
    since: datetime
    until: datetime
    not_before: datetime
    """Earlier changes are left alone: a while before `since`, since rows are committed late."""
    froms: LastIds
    tos: LastIds
    stage: Stage | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a sweep can prove: of those who changed between `since` and `until`, who was handled."""

    sweep_id: int
    kind: SweepKind
    why: str
    since: datetime
    until: datetime
    found: int
    """Persons who entered or changed in that time, or whose address or consent did, by others than us."""
    known: int
    """Of these, who had been handled before: events had told of them."""
    handled: int
    """Of these, who has been handled by now."""
    given_up: int
    """Of these, whose event was given up after a day of failures."""
    besides: int
    """Others whom the sweep came upon and who had not been handled, from just before or after that time."""
    finished_at: datetime
    proven_at: datetime | None
    """When nothing was open any more."""


@dataclass(frozen=True, slots=True)
class Purpose:
    item_id: int
    key: str
    active: bool
    deleted: bool
    has_text: bool


@dataclass(frozen=True, slots=True)
class LegalBasis:
    item_id: int
    key: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class Source:
    item_id: int
    key: str
    deleted: bool
    mail_template_id: int
    """0 = the CRM does not mail by itself."""


@dataclass(frozen=True, slots=True)
class Template:
    item_id: int
    name: str
    languages: tuple[str, ...]
    deleted: bool
    is_privacy: bool


@dataclass(frozen=True, slots=True)
class Country:
    item_id: int
    iso: str
    default_lcid: int


@dataclass(frozen=True, slots=True)
class Associate:
    associate_id: AssociateId
    type: int
    """0 employee, 1 resource, 4 external, 7 anonymous, 13 system."""
    person_id: int
    deleted: bool


@dataclass(frozen=True, slots=True)
class TenantLists:
    """A tenant's lists, cached; ids differ per tenant, keys don't."""

    purposes: tuple[Purpose, ...]
    bases: tuple[LegalBasis, ...]
    sources: tuple[Source, ...]
    templates: tuple[Template, ...]
    countries: Mapping[int, Country]
    associates: Mapping[int, Associate]
    categories: Mapping[int, str]
    """Id → name as the CRM writes it, `NO:"..";US:".."` included."""
    businesses: Mapping[int, str]
    positions: Mapping[int, str]
    forms: Mapping[int, str]
    """Form id → form key."""
    customer_languages: Mapping[int, str]
    """cust_lang id → ISO code, lower case."""
    owner_company_ids: frozenset[int]
    cultures: Mapping[str, int]
    """ISO culture (`da`, `en-US`), lower case → LCID."""
    solanguages: Mapping[str, int]
    """SuperOffice language code (`DA`, `NO`), upper case → LCID."""
    default_basis: str
    """The tenant's default legal basis for STORE, a key; empty if none."""
    fields: tuple[UserField, ...] = ()


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item of one of the tenant's privacy lists that a manifest brings along."""

    kind: str
    """`source` or `purpose`."""
    key: str
    names: Mapping[str, str]
    """Language, ISO 639 → text; one text for all languages stands under the empty language."""


class Outcome(StrEnum):
    """What a rule wants for one purpose."""

    GIVE = "give"
    KEEP = "keep"
    DENY = "deny"
    REVIEW = "review"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Decision:
    """What one rule decided for one purpose, and why."""

    purpose: str
    outcome: Outcome
    rule_id: str
    because: str
    basis: str | None = None
    source: str | None = None
    """The key that is written (GIVE only): the rule's, else the STORE row's, else API."""
    expires: str | None = None
    """ISO 8601 period in calendar months or years, such as `P12M`."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """All that a manifest decides for one person at one moment."""

    digest: str
    """SHA-256 of the manifest file's bytes, hex."""
    decisions: tuple[Decision, ...]
    withdrawn: tuple[str, ...] = ()
    """Purposes that stand WITHDRAWN and so are not decided."""
    tell: str | None = None
    """Mail of the highest rule that decided at least one purpose and has a `tell`."""
    tell_rule: str | None = None
    gives_none: bool = False
    """The highest deciding rule gives `none` as a scalar."""


class Authority(StrEnum):
    """Who wrote a consent row, most binding first."""

    PERSON = "person"
    HUMAN = "human"
    RULE = "rule"
    IMPORT = "import"
    CRM_DEFAULT = "crm_default"


class NoMail(StrEnum):
    """Why a person gets no mail of ours; the first that holds."""

    STORE_WITHDRAWN = "store_withdrawn"
    BEFORE_START = "before_start"
    REVIEW = "review"
    RULE_GIVES_NONE = "rule_gives_none"
    NO_TELL = "no_tell"
    ALREADY_TOLD = "already_told"
    CRM_MAILS = "crm_mails"
    NO_ADDRESS = "no_address"
    BOUNCED = "bounced"
    BLOCKED_TEMPLATE = "blocked_template"


CRM_MAIL, SMTP = "crm", "smtp"
"""Channels that we ship: the CRM's own mail, and a mail server that the tenant has set."""


class MailState(StrEnum):
    """A claim's life: claimed before the call, then one of the others."""

    CLAIMED = "claimed"
    HELD = "held"
    """Claimed, and the CRM certainly never got the call: asked again under the same claim."""
    SENT = "sent"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    """Released by a human, the only way to free a claim."""
