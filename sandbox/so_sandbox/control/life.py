"""Controls of what happens to a tenant as a whole: states, restores, clones, licence, keys, news."""

from __future__ import annotations

import copy
import secrets
from dataclasses import asdict

from starlette.routing import Route

from so_sandbox import news, views
from so_sandbox.control.asking import Answer, Asked, WrongError, route
from so_sandbox.control.tenants import STATES
from so_sandbox.login.keys import new_private_key
from so_sandbox.sandbox import Sandbox
from so_sandbox.triggering import unknown
from so_sandbox.world.tenant import Tenant

DENIED = ("", "licence", "rights", "http_403")


def routes(sandbox: Sandbox) -> list[Route]:
    paths: list[tuple[str, str, Answer]] = [
        ("POST", "/tenants/{tenant}/states", states),
        ("POST", "/tenants/{tenant}/denied", deny),
        ("POST", "/tenants/{tenant}/news", tell),
        ("POST", "/tenants/{tenant}/snapshots/{name}/restore", restore),
        ("POST", "/tenants/{tenant}/clone", clone),
        ("POST", "/application", change_application),
        ("POST", "/application/rotate", rotate),
    ]
    return [route(sandbox, method, path, answer) for method, path, answer in paths]


def states(asked: Asked) -> object:
    """Have the state API say one state after another, one at each look-up; the last one stays."""
    to_come = asked.given.get("states")
    if not isinstance(to_come, list) or not all(isinstance(one, str) for one in to_come):
        raise WrongError("states is no list of texts")
    for one in to_come:
        if one not in STATES:
            raise ValueError(unknown("state", one, list(STATES)))
    tenant = asked.tenant()
    with tenant.change():
        tenant.tables.states_to_come = list(to_come)
    return views.tenant(tenant, asked.sandbox.site)


def deny(asked: Asked) -> object:
    """Refuse every call as without licence or rights; an empty reason lets them in again."""
    reason = asked.text("reason")
    if reason not in DENIED:
        raise ValueError(unknown("reason", reason, list(DENIED)))
    tenant = asked.tenant()
    with tenant.change():
        tenant.tables.denied = reason
    return views.tenant(tenant, asked.sandbox.site)


def tell(asked: Asked) -> object:
    """Tell all approved applications what has become of a tenant; `overrides` falsify the body."""
    change, overrides = asked.text("change"), asked.given.get("overrides") or {}
    if change not in news.TYPES:
        raise ValueError(unknown("change", change, list(news.TYPES)))
    if not isinstance(overrides, dict):
        raise WrongError("overrides is no object")
    told = news.tell(asked.sandbox, asked.tenant(), change, overrides=overrides)
    return {"told": [asdict(one) for one in told]}


def restore(asked: Asked) -> object:
    """Rewind one tenant's data to a snapshot, ids and webhooks included; what login knows and mails stay."""
    kept, name = asked.sandbox.snapshots, asked.text("name")
    if name not in kept:
        raise ValueError(f"no snapshot {name!r}; there are: {', '.join(sorted(kept)) or 'none'}")
    tenant = asked.tenant()
    asked.sandbox.world.restore_tenant(tenant, kept[name])
    return views.tenant(tenant, asked.sandbox.site)


def clone(asked: Asked) -> object:
    """Copy a tenant under another name, as a customer's sandbox is made: webhooks and secrets too."""
    original, name = asked.tenant(), asked.text("as")
    if not (name.isascii() and name.isalnum()):
        raise ValueError(f"no tenant can be called {name!r}; write Cust and digits")
    world = asked.sandbox.world
    with world.lock:
        twin: Tenant = world.add_tenant(name)
        twin.tables = copy.deepcopy(original.tables)
    return views.tenant(twin, asked.sandbox.site)


def change_application(asked: Asked) -> object:
    """Register where the application is told of tenants."""
    world, credentials = asked.sandbox.world, asked.sandbox.credentials
    application = world.applications[credentials.client_id]
    if "state_change_url" in asked.given:
        application.state_change_url = asked.text("state_change_url")
    return {"client_id": application.client_id, "state_change_url": application.state_change_url}


def rotate(asked: Asked) -> object:
    """Replace the application's key or secret; `write` puts the new ones into the client's files as well."""
    what, sandbox = asked.text("what", "key"), asked.sandbox
    if what not in {"key", "secret"}:
        raise ValueError(unknown("what", what, ["key", "secret"]))
    with sandbox.world.lock:
        if what == "key":
            sandbox.credentials.private_key = new_private_key()
        else:
            sandbox.credentials.application_token = secrets.token_hex(16)
        sandbox.credentials.register(sandbox.world)
    if asked.flag("write"):
        sandbox.write_files()
    return {"rotated": what, "written": asked.flag("write") and sandbox.directory is not None}
