"""A tenant's CRM against what we need of it: state and sign-in, webhooks, lists, templates, preferences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from so_privacy_ext.doctor.findings import Finding, error, right, warning
from so_privacy_ext.errors import CrmFailure, Fault
from so_privacy_ext.model import TenantLists
from so_privacy_ext.rules.activation import resolve
from so_privacy_ext.rules.conditions import Words
from so_privacy_ext.rules.findings import ManifestInvalid
from so_privacy_ext.rules.manifest import parse
from so_privacy_ext.storage.tenants import Subscription
from so_privacy_ext.superoffice.subscriptions import Registered, WebhookState
from so_privacy_ext.webhooks.subscriptions import EVENTS, WATCH, difference, wanted_events, wanted_watch

_NO_ACCESS = "nothing is done for the tenant; its events are kept"
_MEANS = {
    Fault.AUTHORIZATION_LOST: (
        "have the tenant's administrator approve the app again",
        "the tenant has taken back or lost its approval, its right or its licence",
    ),
    Fault.ACCESS_DENIED: (
        "give the app's system user the right in SuperOffice; see that the licence covers webhooks",
        "a right or the licence is missing",
    ),
    Fault.APP_KEY: (
        "see that client secret and private key are those of the app in this environment",
        "SuperOffice refuses our client secret or key in every tenant",
    ),
    Fault.CLOCK_SKEW: ("set this machine's clock", "SuperOffice refuses our sign-in in every tenant"),
}
_STOPPED = {
    WebhookState.TOO_MANY_ERRORS: (
        "see that the public address is reached; the watchdog then starts it again by itself",
        "SuperOffice has stopped it after nine failed deliveries, and sends nothing",
    ),
    WebhookState.STOPPED: (
        "set it to Active in SuperOffice, under Webhooks",
        "an administrator of the tenant has stopped it, and SuperOffice sends nothing",
    ),
}


def explain_failure(name: str, failure: CrmFailure) -> Finding:
    """Say what a failed look at a tenant's CRM means."""
    usual = "see that the tenant runs and still approves the app", _NO_ACCESS
    do, means = _MEANS.get(failure.fault, usual)
    return error("SuperOffice", str(failure), do, means=means, tenant=name)


def examine_webhooks(
    name: str,
    kept: Sequence[Subscription],
    registered: Sequence[Registered],
    address: str,
    further: Iterable[str] = (),
) -> Iterator[Finding]:
    """Compare the webhooks that we want with those that stand."""
    by_id = {one.webhook_id: one for one in registered}
    events = next((one.webhook_id for one in kept if one.kind == EVENTS), None)
    for slot in kept:
        what = "webhook" if slot.kind == EVENTS else "watching webhook"
        found = None if slot.webhook_id is None else by_id.get(slot.webhook_id)
        if found is None:
            do = "the watchdog registers it again; or remove the tenant and add it again"
            yield error(what, "not registered any more", do, means="SuperOffice sends nothing", tenant=name)
            continue
        yield from _differences(name, what, found, f"{address}{slot.slot}", _wanted(slot, events, further))
    if not any(one.kind == EVENTS for one in kept):
        yield error("webhook", "never registered", "so-privacy tenant add, which completes it", tenant=name)


def examine_manifest(
    name: str, active: tuple[bytes, str] | None, lists: TenantLists, words: Words
) -> Iterator[Finding]:
    """See whether the tenant has all that the manifest names: keys, items, templates in its languages."""
    if active is None:
        do = "so-privacy manifest activate FILE"
        yield error("manifest", "none decides", do, means="events wait until one does", tenant=name)
        return
    content, digest = active
    try:
        resolve(parse(content, digest[:12], words), lists)
    except ManifestInvalid as invalid:
        for one in invalid.findings:
            yield error("manifest", f"line {one.line}: {one.what}", one.how, tenant=name)
        return
    yield right("manifest", f"{digest[:12]}, and the tenant has all that it names", tenant=name)


def examine_lists(name: str, lists: TenantLists) -> Iterator[Finding]:
    """Look at what the CRM does by itself."""
    if not lists.default_basis:
        yield warning(
            "preferences",
            "the CRM gives new persons no legal basis of its own",
            "set one in SuperOffice, under Privacy, if persons must have a basis before a rule decides",
            tenant=name,
        )
    mailing = sorted(one.key for one in lists.sources if one.mail_template_id and not one.deleted)
    if mailing:
        found = f"{len(mailing)} sources, on which the CRM mails by itself: {', '.join(mailing)}"
        yield right("sources with a mail", found, tenant=name)


def examine_strict_mode(name: str, *, strict: bool) -> Finding:
    """Look at whether the CRM itself keeps marketing from who has not agreed to it."""
    if strict:
        return right("strict mode", "marketing goes only to who has agreed to it", tenant=name)
    return warning(
        "strict mode",
        "off: the CRM also mails marketing to persons of whom no consent is known",
        "switch it on in SuperOffice, under Privacy, or see to it that no mailing leaves E-marketing out",
        means="what a rule denies may be mailed all the same",
        tenant=name,
    )


def _wanted(slot: Subscription, events: int | None, further: Iterable[str]) -> Sequence[str]:
    if slot.kind == WATCH:
        return wanted_watch(events) if events is not None else ()
    return wanted_events(further)


def _differences(
    name: str, what: str, found: Registered, target: str, wanted: Sequence[str]
) -> Iterator[Finding]:
    state = WebhookState(found.state)
    if state in _STOPPED:
        do, means = _STOPPED[state]
        yield error(what, f"{state}, {len(found.events)} events", do, means=means, tenant=name)
        return
    differs = difference(wanted, found.events)
    do = "the watchdog mends it; else remove the tenant and add it again"
    if found.target_url != target:
        yield error(what, "it posts elsewhere", do, means="its deliveries don't reach us", tenant=name)
    if differs.missing:
        missing = ", ".join(differs.missing)
        yield error(what, f"lacks events: {missing}", do, means="what they tell of is seen late", tenant=name)
    if differs.surplus:
        yield warning(what, f"has events that we don't want: {', '.join(differs.surplus)}", do, tenant=name)
    if found.target_url == target and not differs:
        yield right(what, f"{state}, {len(found.events)} events", tenant=name)
