"""The demo's tenants: lists, templates, logins, forms and companies, with ids that differ by tenant."""

from __future__ import annotations

from so_sandbox.agents.lists import BUILT_IN
from so_sandbox.demo_wording import CHAT_WELCOME, NOTICE_13, NOTICE_14
from so_sandbox.user_fields import add_field
from so_sandbox.world.lists import (
    Country,
    CustomerLanguage,
    Form,
    LegalBase,
    NamedItem,
    Purpose,
    Source,
    Template,
)
from so_sandbox.world.tenant import SYSTEM, Tenant
from so_sandbox.world.world import World

DEMO = "Cust12345"
NEIGHBOUR = "Cust54321"
STRIDE, SHIFT = 40, 1000
COUNTED = (
    "consentpurpose", "legalbase", "consentsource", "doctmpl", "country", "category", "business", "perspos",
    "cust_lang", "form", "associate", "contact", "webhook", "udeffield", "udlistdefinition", "udlist",
)  # fmt: skip

PURPOSES = {
    "STORE": 'US:"Sales and service";DA:"Salg og service";NO:"Salg og service"',
    "EMARKETING": "E-marketing",
    "NEWSLETTER": 'US:"Newsletter";DA:"Nyhedsbrev"',
    "EVENTINVITE": 'US:"Event invitations";DA:"Invitationer"',
    "EVENTRUN": 'US:"Running an event";DA:"Afvikling af arrangement"',
    "ACCOUNTING": 'US:"Bookkeeping";DA:"Bogføring"',
    "RECRUIT": 'US:"Recruitment";DA:"Rekruttering"',
}
TICK_TEXT = "Yes, send me news and offers by e-mail. I can say no again at any time."
LEGAL_BASES = {
    "61A": "Consent",
    "61B": "Contract",
    "61C": "Required by law",
    "61D": "Protect vital interests",
    "61E": "Public interest",
    "61F": "Legitimate interest",
    "WITHDRAWN": "Withdrawn",
}
SOURCES = {
    "USER": "Created by user",
    "EMAIL": "E-mail",
    "REQUEST": "Incoming request",
    "CHAT": "Chat",
    "WEBFORM": "Web form",
    "CUSTOMERPORTAL": "Customer portal",
    "IMPORT": "Import",
    "API": "Other integration",
    "UNKNOWN": "Unknown",
    "CARD": 'US:"Business card";DA:"Visitkort"',
    "PHONE": 'US:"Phone";DA:"Telefon"',
    "FAIR": 'US:"Trade fair";DA:"Messe"',
    "REFERRAL": 'US:"Referral";DA:"Anbefaling"',
    "ERP": 'US:"ERP";DA:"Økonomisystem"',
    "VENDOR": 'US:"Data supplier";DA:"Dataleverandør"',
    "JOBAPPLY": 'US:"Job application";DA:"Jobansøgning"',
}
COUNTRIES = {
    "DK": ("Denmark", 1030),
    "NO": ("Norway", 1044),
    "SE": ("Sweden", 1053),
    "DE": ("Germany", 1031),
    "FI": ("Finland", 1035),
    "NL": ("Netherlands", 1043),
    "GB": ("United Kingdom", 2057),
    "US": ("United States", 1033),
}
CATEGORIES = (
    'US:"Customer";DA:"Kunde";NO:"Kunde"',
    'US:"Prospect";DA:"Emne";NO:"Prospekt"',
    'US:"Lost customer";DA:"Tabt kunde"',
    "Partner",
)
BUSINESSES = ('US:"Sole trader";DA:"Enkeltmandsvirksomhed"', 'US:"Industry";DA:"Industri"', "Handel")
POSITIONS = ("Director", "Buyer", "Accountant")
LANGUAGES = {"DA": "da", "NO": "no", "SV": "sv", "EN": "en", "DE": "de"}
USER_FIELDS = (
    ("Person", "List", 'US:"Customer level";DA:"Kundeniveau"', ('US:"Gold";DA:"Guld"', "Silver", "Bronze")),
    ("Person", "Date", "Contract ends", ()),
    ("Person", "Checkbox", "Wants news", ()),
    ("Person", "ShortText", "Customer number", ()),
    ("Contact", "Number", "Employees", ()),
    ("Contact", "Decimal", "Turnover", ()),
)
"""Owner, kind, label and items of the fields that the administrator has added."""
FORMS = {
    "contact": "Contact us",
    "newsletter": "Newsletter",
    "event-signup": "Sign up for an event",
    "job": "Apply for a job",
}


def add_demo_tenants(world: World) -> Tenant:
    """Add the demo's tenant and its neighbour, and return the first."""
    first = add_demo_tenant(world, DEMO)
    add_demo_tenant(world, NEIGHBOUR)
    return first


def add_demo_tenant(
    world: World, context_identifier: str, *, default_basis: str = "61B", bare: bool = False
) -> Tenant:
    """Add a tenant with lists, logins, forms and companies, and nobody in it.

    A bare one has of the privacy lists only what the vendor ships.
    """
    tenant = world.add_tenant(context_identifier)
    with tenant.change():
        for place, table in enumerate(COUNTED):
            tenant.tables.last_ids[table] = SHIFT * tenant.number + STRIDE * place
        _add_lists(tenant)
        _add_templates(tenant)
        if bare:
            _take_away_what_others_added(tenant)
        tenant.tables.preferences |= {
            ("GDPR", "GdprUseDefaultsForNew"): "true",
            ("GDPR", "GdprDefaultSource"): "USER",
            ("GDPR", "GdprDefaultLegalBase"): default_basis,
            ("GDPR", "StrictMode"): "true",
        }
        tenant.add_associate("sona", kind=0, role="user", full_name="Sona Seller")
        tenant.add_associate("service", kind=7, role="service", full_name="Customer service")
        tenant.add_associate("supplier", kind=SYSTEM, role="api", full_name="Data supplier")
        tenant.add_associate("erp", kind=SYSTEM, role="erp", full_name="ERP connector")
        tenant.add_associate("anja", kind=0, role="administrator", full_name="Anja Administrator")
        tenant.add_company("Eksempel A/S", country="DK", owner=True)
        tenant.add_company("Kunde ApS", country="DK", category="Customer", business="Industry")
        tenant.add_company("Nordisk Handel AS", country="NO", category="Prospect", business="Handel")
        tenant.add_company("Svensk Exempel AB", country="SE", category="Customer")
        tenant.add_company("Beispiel GmbH", country="DE", category="Customer")
        if not bare:
            for owner, kind, label, items in USER_FIELDS:
                add_field(tenant, owner, kind, label, items=items)
    return tenant


def _add_lists(tenant: Tenant) -> None:
    lists, tables = tenant.tables.lists, tenant.tables
    for rank, (key, name) in enumerate(PURPOSES.items(), start=1):
        purpose = Purpose(tables.next_id("consentpurpose"), key, name, rank=rank, updated=tenant.now())
        purpose.consent_text = TICK_TEXT if key == "EMARKETING" else ""
        lists.purposes[purpose.item_id] = purpose
    for rank, (key, name) in enumerate(LEGAL_BASES.items(), start=1):
        basis = LegalBase(tables.next_id("legalbase"), key, name, rank=rank)
        lists.legal_bases[basis.item_id] = basis
    for rank, (key, name) in enumerate(SOURCES.items(), start=1):
        source = Source(tables.next_id("consentsource"), key, name, rank=rank)
        lists.sources[source.item_id] = source
    for iso, (name, lcid) in COUNTRIES.items():
        country = Country(tables.next_id("country"), name, iso, lcid)
        lists.countries[country.item_id] = country
    for names, kept, table in (
        (CATEGORIES, lists.categories, "category"),
        (BUSINESSES, lists.businesses, "business"),
        (POSITIONS, lists.positions, "perspos"),
    ):
        for rank, name in enumerate(names, start=1):
            item = NamedItem(tables.next_id(table), name, rank=rank)
            kept[item.item_id] = item
    for code, iso in LANGUAGES.items():
        language = CustomerLanguage(tables.next_id("cust_lang"), code, iso)
        lists.languages[language.item_id] = language
    for key, name in FORMS.items():
        form = Form(tables.next_id("form"), key, name)
        lists.forms[form.item_id] = form


def _take_away_what_others_added(tenant: Tenant) -> None:
    lists = tenant.tables.lists
    for items in (lists.purposes, lists.sources):
        for item_id in [number for number, item in items.items() if item.key not in BUILT_IN]:
            del items[item_id]


def _add_templates(tenant: Tenant) -> None:
    """Add the privacy templates; source CHAT gets its own, so that the CRM mails by itself."""
    tables = tenant.tables
    for rank, (name, wording) in enumerate(
        (
            ("privacy-notice-13", NOTICE_13),
            ("privacy-notice-14", NOTICE_14),
            ("chat-welcome", CHAT_WELCOME),
        ),
        start=1,
    ):
        template = Template(tables.next_id("doctmpl"), name, dict(wording), rank=rank)
        tables.lists.templates[template.item_id] = template
    chat = tables.lists.sources[tenant.item_id("sources", "CHAT")]
    chat.mail_template_id = tenant.item_id("templates", "chat-welcome")
