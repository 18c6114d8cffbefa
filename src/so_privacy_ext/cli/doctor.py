"""`doctor`: looks at everything that must hold, and says what to do about what doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import requests
import typer

from so_privacy_ext.app import App
from so_privacy_ext.cli.output import AsJson, print_json, say
from so_privacy_ext.cli.wired import wired
from so_privacy_ext.errors import CrmFailure, Exit, Refused
from so_privacy_ext.rules.activation import resolve
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage import tenants
from so_privacy_ext.storage.database import connect
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.storage.turns import Turn

_TOO_LONG = timedelta(minutes=2)


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    tenant: str | None
    what: str
    level: Level
    found: str
    do: str = ""


def doctor(
    tenant: Annotated[str | None, typer.Option("--tenant", help="Only this tenant.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check database, keys, reachability and each tenant; exit 1 if anything is wrong."""
    with wired(without_key=True) as app:
        findings = list(_look(app, tenant))
    wrong = any(one.level is Level.ERROR for one in findings)
    if as_json:
        print_json({"right": not wrong, "findings": findings})
    else:
        for one in findings:
            place = f"{one.tenant}: " if one.tenant else ""
            say(f"{one.level:8} {place}{one.what}: {one.found}" + (f" → {one.do}" if one.do else ""))
    if wrong:
        raise typer.Exit(Exit.NO)


def _look(app: App, name: str | None) -> Iterator[Finding]:
    yield Finding(None, "database", Level.OK, "reached, schema as this program knows it")
    yield _keys(app)
    yield _reachable(app)
    with connect(app.dsn, application_name="so-privacy doctor") as connection:
        known = tenants.listed(connection)
    chosen = known if name is None else [app.tenant(name)]
    if not chosen:
        yield Finding(None, "tenants", Level.WARNING, "none", "so-privacy tenant add")
    for one in chosen:
        yield from _queue(one)
        yield from _tenant(app, one)


def _keys(app: App) -> Finding:
    try:
        app.application()
    except Refused as refused:
        return Finding(None, "application", Level.ERROR, str(refused), refused.how)
    return Finding(None, "application", Level.OK, "token and private key can be used")


def _reachable(app: App) -> Finding:
    """Call ourselves by the public URL, as SuperOffice would."""
    address = f"{app.settings.public_url}/healthz/ready"
    ca_file = app.settings.ca_file
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy and no .netrc: the way SuperOffice comes knows neither
            with session.get(
                address,
                timeout=5,
                allow_redirects=False,
                verify=str(ca_file) if ca_file else True,
                stream=True,
            ) as reply:
                status = reply.status_code
    except requests.RequestException as error:
        do = "start `so-privacy web`; see that SO_PRIVACY_PUBLIC_URL leads to it with a valid certificate"
        return Finding(None, "public address", Level.ERROR, f"{address} fails ({type(error).__name__})", do)
    if status != requests.codes.ok:
        return Finding(
            None,
            "public address",
            Level.ERROR,
            f"{address} answers {status}",
            "see the log of `so-privacy web`",
        )
    return Finding(None, "public address", Level.OK, f"{address} answers")


def _queue(tenant: TenantSummary) -> Iterator[Finding]:
    name = tenant.context_identifier
    if tenant.parked_reason and tenant.parked_until:
        until = f"{tenant.parked_until:%Y-%m-%d %H:%M:%S} UTC"
        yield Finding(name, "work", Level.WARNING, f"parked: {tenant.parked_reason}, tried again at {until}")
    waits = tenant.oldest and not tenant.parked_reason and datetime.now(UTC) - tenant.oldest > _TOO_LONG
    found = (
        f"{tenant.open}, the oldest since {tenant.oldest:%Y-%m-%d %H:%M:%S} UTC"
        if waits
        else str(tenant.open)
    )
    do = "see that `so-privacy worker` runs; events list --state open says why each waits" if waits else ""
    yield Finding(name, "open events", Level.WARNING if waits else Level.OK, found, do)
    if tenant.dead:
        yield Finding(
            name,
            "events given up",
            Level.ERROR,
            str(tenant.dead),
            "so-privacy events list --state dead; events redrive",
        )
    if tenant.quarantined:
        yield Finding(
            name, "quarantine", Level.WARNING, str(tenant.quarantined), "so-privacy quarantine list"
        )
    if tenant.reviews:
        yield Finding(
            name, "waiting for a human", Level.WARNING, str(tenant.reviews), "so-privacy review list"
        )
    if tenant.duties:
        yield Finding(
            name, "persons not informed yet", Level.WARNING, str(tenant.duties), "see the journal of each"
        )


def _tenant(app: App, tenant: TenantSummary) -> Iterator[Finding]:
    name = tenant.context_identifier
    try:
        with app.turn(tenant) as turn:
            yield from _subscription(app, turn, tenant)
            yield from _manifest(app, turn, name)
    except CrmFailure as failure:
        do = "see that the tenant runs and still approves the app"
        yield Finding(name, "SuperOffice", Level.ERROR, str(failure), do)
    except Refused as refused:
        yield Finding(name, "tenant", Level.ERROR, refused.what, refused.how)


def _subscription(app: App, turn: Turn, tenant: TenantSummary) -> Iterator[Finding]:
    ours = {one.webhook_id for one in tenants.subscriptions(turn.session)}
    standing = [one for one in app.webhooks(turn) if one.webhook_id in ours]
    yield Finding(tenant.context_identifier, "SuperOffice", Level.OK, "runs and lets us in")
    if not standing:
        do = "remove the tenant and add it again"
        yield Finding(tenant.context_identifier, "webhook", Level.ERROR, "not registered any more", do)
    for one in standing:
        level = Level.OK if one.state == "Active" else Level.ERROR
        do = "" if level is Level.OK else "set it to Active in SuperOffice, under Webhooks"
        yield Finding(
            tenant.context_identifier, "webhook", level, f"{one.state}, {len(one.events)} events", do
        )


def _manifest(app: App, turn: Turn, name: str) -> Iterator[Finding]:
    active = turn.manifest()
    if active is None:
        yield Finding(name, "manifest", Level.ERROR, "none decides", "so-privacy manifest activate FILE")
        return
    try:
        resolve(parse(active[0], active[1][:12]), app.crm(turn).lists())
    except ManifestInvalid as invalid:
        for one in invalid.findings:
            yield Finding(name, "manifest", Level.ERROR, f"line {one.line}: {one.what}", one.how)
        return
    yield Finding(name, "manifest", Level.OK, f"{active[1][:12]}, and the tenant has all that it names")
