"""Tells applications what becomes of a tenant, at the address that each has registered for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from so_sandbox.login.tokens import PARTNER_ISSUER, state_change_jwt
from so_sandbox.sandbox import Sandbox
from so_sandbox.world.tenant import Tenant

TYPES = {"Upgrade": 0, "BackupRestored": 1, "Suspend": 2, "Resume": 3, "Delete": 4, "Move": 5}
"""The vendor's names and numbers of what a notification may say."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one application answered; no status when it could not be reached."""

    client_id: str
    url: str
    status: int | None
    error: str


def notification(sandbox: Sandbox, tenant: Tenant, change: str) -> dict[str, object]:
    """Make the body of a notification, with a token that is signed by the first key."""
    name, site = tenant.context_identifier, sandbox.site
    by_partner = sandbox.world.switches.news_issuer == "partner"
    issuer = PARTNER_ISSUER if by_partner else site.issuer
    body: dict[str, object] = {
        "ChangeType": TYPES[change],
        "ContextIdentifier": name,
        "VersionName": tenant.tables.version,
        "FileVersion": "10.5.8700.1000",
        "Token": state_change_jwt(issuer, name, sandbox.login.keys[0], sandbox.login.now()),
    }
    return body | ({"PublicEndpoint": tenant.tables.host or site.host} if change == "Move" else {})


def tell(
    sandbox: Sandbox, tenant: Tenant, change: str, *, overrides: Mapping[str, object] | None = None
) -> list[Told]:
    """Post it to each application that the tenant has approved, once; `overrides` falsify the body."""
    body = json.dumps({**notification(sandbox, tenant, change), **(overrides or {})}).encode()
    told = []
    for application in tuple(sandbox.world.applications.values()):
        url = application.state_change_url
        if url and application.client_id in tenant.tables.authorizations:
            status, error = sandbox.dispatcher.post(url, body)
            told.append(Told(application.client_id, url, status, error))
    return told
