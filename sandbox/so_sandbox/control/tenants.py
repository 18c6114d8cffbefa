"""Controls of one tenant: what happens in it, what it holds, what it told."""

from __future__ import annotations

import secrets
from datetime import datetime
from difflib import get_close_matches

from starlette.routing import Route

from so_sandbox import views
from so_sandbox.control.asking import Answer, Asked, route
from so_sandbox.login.system_user import CODES
from so_sandbox.posting import refusal
from so_sandbox.sandbox import Sandbox
from so_sandbox.triggering import trigger, unknown
from so_sandbox.world.changes import changed
from so_sandbox.world.subscribing import ACTIVE, STOPPED, TOO_MANY_ERRORS
from so_sandbox.world.tenant import EVERY_EVENT

STATES = (
    "Unknown", "Provisioning", "Running", "Deleted", "Suspended", "OnlineMaintenance", "OfflineMaintenance",
    "ProvisioningFailed", "Deleting", "DeleteFailed", "MigrationPending",
)  # fmt: skip
WEBHOOK_STATES = {"Active": ACTIVE, "Stopped": STOPPED, "TooManyErrors": TOO_MANY_ERRORS}


def routes(sandbox: Sandbox) -> list[Route]:
    paths: list[tuple[str, str, Answer]] = [
        ("POST", "/trigger", happen),
        ("GET", "/tenants", tenants),
        ("POST", "/tenants/{tenant}", change_tenant),
        ("GET", "/persons", persons),
        ("GET", "/persons/changed", persons_changed),
        ("GET", "/outbox", outbox),
        ("GET", "/subscriptions", subscriptions),
        ("POST", "/subscriptions", subscribe),
        ("POST", "/subscriptions/{webhook_id}", change_subscription),
    ]
    return [route(sandbox, method, path, answer) for method, path, answer in paths]


def happen(asked: Asked) -> object:
    """Do what an event tells of."""
    tenant = asked.tenant()
    number = trigger(tenant, asked.text("event"), asked.texts("set"))
    return {"tenant": tenant.context_identifier, "event": asked.text("event"), "id": number}


def tenants(asked: Asked) -> object:
    return {"tenants": [views.tenant(tenant, asked.sandbox.site) for tenant in asked.tenants()]}


def change_tenant(asked: Asked) -> object:
    """Change a tenant's state, host or its leave for the app, or make addresses bounce."""
    tenant = asked.tenant()
    state, host, authorization = asked.text("state"), asked.text("host"), asked.text("authorization")
    if state and state not in STATES:
        raise ValueError(unknown("state", state, list(STATES)))
    if authorization and authorization not in {"Active", *CODES}:
        raise ValueError(unknown("authorization", authorization, ["Active", *CODES]))
    with tenant.change():
        if state:
            tenant.tables.state = state
        if "host" in asked.given:
            tenant.tables.host = host
        for leave in tenant.tables.authorizations.values() if authorization else ():
            leave.state = authorization
        bouncing = asked.text("bouncing")
        if bouncing:
            tenant.tables.bouncing.add(bouncing.casefold())
        for name, value in asked.texts("preferences").items():
            section, _, key = name.partition("/")
            tenant.tables.preferences[section, key] = value
    return views.tenant(tenant, asked.sandbox.site)


def persons(asked: Asked) -> object:
    found = []
    for tenant in asked.tenants():
        with asked.sandbox.world.lock:
            rows = tenant.persons(deleted=asked.flag("deleted"))
            wanted = asked.integer("person", 0)
            found += [views.person(tenant, row) for row in rows if wanted in {0, row.person_id}]
    return {"persons": found}


def persons_changed(asked: Asked) -> object:
    """Count who changed between `since` and `until`, but for consents written by the associate `not_by`."""
    tenant = asked.tenant()
    since, until = (datetime.fromisoformat(asked.text(name)) for name in ("since", "until"))
    with asked.sandbox.world.lock:
        found = changed(tenant, since, until, not_by=asked.integer("not_by", 0))
    return {"tenant": tenant.context_identifier, "persons": sorted(found)}


def outbox(asked: Asked) -> object:
    mails = []
    for tenant in asked.tenants():
        mails += [views.mail(tenant, mail) for mail in tuple(tenant.tables.outbox)]
    return {"mails": mails}


def subscriptions(asked: Asked) -> object:
    found = []
    for tenant in asked.tenants():
        found += [views.subscription(tenant, hook) for hook in tenant.webhooks()]
    return {"subscriptions": found}


def subscribe(asked: Asked) -> object:
    """Add a webhook by hand, which tests nothing; without events it wants all, without secret one is made.

    Events have commas between them; one that is nearly another's name is taken for a slip.
    """
    target, events = asked.text("target_url"), asked.text("events")
    wanted = [one.strip() for one in events.split(",") if one.strip()] or list(EVERY_EVENT)
    for one in wanted:
        if one not in EVERY_EVENT and get_close_matches(one, EVERY_EVENT, n=1, cutoff=0.8):
            raise ValueError(unknown("event", one, list(EVERY_EVENT)))
    reason = refusal(target)
    if reason is not None:
        raise ValueError(reason)
    secret = asked.text("secret") or secrets.token_urlsafe(24)
    hook = asked.tenant().add_webhook(
        asked.text("name", "by hand"), target_url=target, events=wanted, secret=secret
    )
    return {**views.subscription(asked.tenant(), hook), "secret": secret}


def change_subscription(asked: Asked) -> object:
    """Stop, start, edit or delete a webhook as an administrator does; its usage starts again with Active."""
    tenant, state, number = asked.tenant(), asked.text("state"), asked.integer("webhook_id", 0)
    if state not in {"", "Deleted", *WEBHOOK_STATES}:
        raise ValueError(unknown("state", state, ["Deleted", *WEBHOOK_STATES]))
    if state == "Deleted":
        tenant.delete_webhook(number)
    else:
        tenant.edit_webhook(
            number,
            state=WEBHOOK_STATES.get(state),
            target_url=asked.text("target_url") or None,
            events=asked.text("events").split(",") if asked.text("events") else None,
            secret=asked.text("secret") or None,
        )
    return {"subscriptions": [views.subscription(tenant, one) for one in tenant.webhooks()]}
