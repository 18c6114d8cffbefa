"""The nouns that every room passes around: frozen, slotted, without I/O."""

from __future__ import annotations

from collections.abc import Mapping
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


class MailState(StrEnum):
    """A claim's life: claimed before the call, then one of the others."""

    CLAIMED = "claimed"
    HELD = "held"
    """Claimed, and the CRM certainly never got the call: asked again under the same claim."""
    SENT = "sent"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    """Released by a human, the only way to free a claim."""
