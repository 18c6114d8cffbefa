"""The whole examination, thing by thing: first this installation, then each tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from so_privacy_ext.doctor import crm, installation
from so_privacy_ext.doctor.address import examine_address, examine_callers
from so_privacy_ext.doctor.findings import Finding, error, right, warning
from so_privacy_ext.doctor.healing import examine_healing
from so_privacy_ext.doctor.tenant import examine_queue
from so_privacy_ext.errors import CrmFailure, Refused
from so_privacy_ext.model import TenantLists
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.settings import Settings
from so_privacy_ext.storage import findings, sweeps, tenants
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.superoffice.subscriptions import Registered


@dataclass(frozen=True, slots=True)
class Practice:
    """What an examination asks, given by whoever wires it."""

    now: Callable[[], datetime]
    application: Callable[[], object]
    key_ids: Callable[[], frozenset[str]]
    keys_in_use: Callable[[], Mapping[str, int]]
    time_at: Callable[[str], datetime | None]
    """The time that an environment's login service tells."""
    turn: Callable[[TenantSummary], AbstractContextManager[Turn]]
    webhooks: Callable[[Turn], Sequence[Registered]]
    lists: Callable[[Turn], TenantLists]
    words: Callable[[Turn], Words]
    """Those of the tenant's manifests."""
    is_strict: Callable[[Turn], bool]
    """Whether the CRM mails marketing only to who has agreed."""
    plugins: Callable[[Turn], Iterator[Finding]]
    """What is to be said of the tenant's plugins."""
    events: Callable[[Turn], Iterable[str]]
    """Those that the tenant's plugins are told of."""
    errands: Callable[[Turn], Iterator[Finding]]
    """What could not be told to whom."""
    channels: Callable[[Turn], Iterator[Finding]]
    """What is to be said of its mail server."""
    endpoints: Callable[[Turn], Iterator[Finding]]
    """How the tenant's own systems take what they are told."""
    webhook_address: str
    """Where our slots lie, with a slash at the end."""


def examine_installation(
    practice: Practice, settings: Settings, dsn: str, environments: Sequence[str]
) -> Iterator[Finding]:
    """Look at what all tenants share."""
    yield from installation.examine_database(dsn)
    yield installation.examine_application(practice.application)
    yield installation.examine_data_key(practice.key_ids, practice.keys_in_use())
    yield installation.examine_logs(settings.log_dir, settings.log_days)
    yield from examine_address(settings.public_url, ca_file=settings.ca_file, now=practice.now())
    yield from examine_callers(settings.public_url, settings.trusted_proxies)
    for environment in environments:
        yield _clock(practice, environment)


def examine_tenant(practice: Practice, tenant: TenantSummary) -> Iterator[Finding]:
    """Look at one tenant: what waits, and its CRM."""
    name = tenant.context_identifier
    yield from examine_queue(tenant, practice.now())
    try:
        with practice.turn(tenant) as turn:
            stated = sweeps.statements(turn.session, limit=100)
            yield from examine_healing(name, findings.listed(turn.session), stated, practice.now())
            yield from practice.plugins(turn)
            yield from practice.errands(turn)
            yield from practice.channels(turn)
            yield from practice.endpoints(turn)
            kept = tenants.subscriptions(turn.session)
            standing = practice.webhooks(turn)
            yield right("SuperOffice", "runs and lets us in", tenant=name)
            yield from crm.examine_webhooks(
                name, kept, standing, practice.webhook_address, practice.events(turn)
            )
            lists = practice.lists(turn)
            yield from crm.examine_lists(name, lists)
            yield crm.examine_strict_mode(name, strict=practice.is_strict(turn))
            yield from crm.examine_manifest(name, turn.manifest(), lists, practice.words(turn))
    except CrmFailure as failure:
        yield crm.explain_failure(name, failure)
    except Refused as refused:
        yield error("tenant", refused.what, refused.how, tenant=name)


def _clock(practice: Practice, environment: str) -> Finding:
    before = practice.now()
    try:
        theirs = practice.time_at(environment)
    except CrmFailure as failure:
        do = "see that this machine reaches SuperOffice's login service"
        return warning("clock", f"{environment}: {failure}", do)
    # Whatever the answer took counts for us: their time was asked for somewhere in between.
    after = practice.now()
    nearest = before if theirs is None else min(max(theirs, before), after)
    return installation.examine_clock(nearest, theirs)
