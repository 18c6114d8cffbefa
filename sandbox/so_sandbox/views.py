"""What the control interface and the page show of a tenant."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from so_sandbox.login.site import Site
from so_sandbox.world.rows import Consent, Mail, Person, Webhook
from so_sandbox.world.tenant import Tenant

STATES = {0: "Unknown", 1: "Active", 2: "Stopped", 3: "TooManyErrors"}


def tenant(one: Tenant, site: Site) -> dict[str, object]:
    """Show name, address, state and how much there is of everything."""
    return {
        "context_identifier": one.context_identifier,
        "company": one.company_name,
        "endpoint": site.endpoint(one),
        "serial": one.serial,
        "state": one.tables.state,
        "authorizations": {k: leave.state for k, leave in one.tables.authorizations.items()},
        "persons": len(one.persons()),
        "mails": len(one.tables.outbox),
        "webhooks": len(one.tables.webhooks),
    }


def person(one: Tenant, row: Person) -> dict[str, object]:
    """Show the row, its addresses and its consents by keys."""
    lists = one.tables.lists
    country = lists.countries.get(row.country_id)
    company = one.tables.companies.get(row.contact_id)
    form = lists.forms.get(row.created_by_form_id)
    shown = {name: _plain(value) for name, value in asdict(row).items()}
    return {
        "tenant": one.context_identifier,
        **shown,
        "name": f"{row.firstname} {row.lastname}".strip(),
        "country": country.iso if country else "",
        "company": company.name if company else "",
        "form": form.key if form else "",
        "emails": [e.email_address for e in one.emails(row.person_id)],
        "bounces": sum(e.bounce_count for e in one.emails(row.person_id)),
        "consents": [consent(one, c) for c in _by_rank(one, one.consents(row.person_id))],
    }


def consent(one: Tenant, row: Consent) -> dict[str, object]:
    lists = one.tables.lists
    purpose, basis = lists.purposes.get(row.purpose_id), lists.legal_bases.get(row.legal_base_id)
    source = lists.sources.get(row.source_id)
    return {
        "purpose": purpose.key if purpose else "",
        "basis": basis.key if basis else "",
        "basis_name": basis.name if basis else "",
        "source": source.key if source else "",
        "comment": row.comment,
        "registered": _plain(row.registered),
        "registered_associate_id": row.registered_associate_id,
        "updated": _plain(row.updated),
        "updated_associate_id": row.updated_associate_id,
        "updated_count": row.updated_count,
    }


def mail(one: Tenant, row: Mail) -> dict[str, object]:
    shown = {name: _plain(value) for name, value in asdict(row).items()}
    return {"tenant": one.context_identifier, **shown}


def subscription(one: Tenant, hook: Webhook) -> dict[str, object]:
    """Show a webhook with its usage and without its secret."""
    return {
        "tenant": one.context_identifier,
        "webhook_id": hook.webhook_id,
        "name": hook.name,
        "target_url": hook.target_url,
        "state": STATES.get(hook.state, "Unknown"),
        "events": list(hook.events),
        "signed": bool(hook.secret),
        "registered_associate_id": hook.registered_associate_id,
        "total_calls": hook.total_calls,
        "total_errors": hook.total_errors,
        "consecutive_errors": hook.consecutive_errors,
        "last_error": hook.last_error,
    }


def _by_rank(one: Tenant, rows: list[Consent]) -> list[Consent]:
    purposes = one.tables.lists.purposes
    return sorted(rows, key=lambda c: purposes[c.purpose_id].rank if c.purpose_id in purposes else 0)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
