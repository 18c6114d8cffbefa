"""The Webhook agent: an app's own webhooks."""

from __future__ import annotations

from typing import Any

from so_sandbox.agents.caller import Agent, Arguments, Caller
from so_sandbox.agents.carriers import Carrier, associate
from so_sandbox.world.errors import InvalidArgument, NotFound, ValidationFailed
from so_sandbox.world.rows import Webhook

STATES = ("Unknown", "Active", "Stopped", "TooManyErrors")
ACTIVE = STATES.index("Active")
LONGEST = {"Name": 400, "Secret": 400, "TargetUrl": 2000}
LONGEST_EVENTS = 4000


def carrier_of(caller: Caller, hook: Webhook) -> Carrier:
    return {
        "WebhookId": hook.webhook_id,
        "Name": hook.name,
        "Events": hook.events,
        "TargetUrl": hook.target_url,
        "Secret": hook.secret,
        "State": STATES[hook.state],
        "Type": hook.type,
        "Headers": hook.headers,
        "Properties": hook.properties,
        "Registered": hook.registered,
        "RegisteredAssociate": associate(caller.tenant, hook.registered_associate_id),
        "Updated": hook.updated,
        "UpdatedAssociate": associate(caller.tenant, hook.updated_associate_id),
        "ErrorsEmail": hook.errors_email,
        "ErrorEmails": hook.error_emails,
        "ErrorAssociates": [],
        "Description": hook.description,
        "NotifyVia": hook.notify_via or None,
        "NotifyWhen": hook.notify_when or None,
        "TotalCalls": hook.total_calls,
        "TotalErrors": hook.total_errors,
        "ConsecutiveErrors": hook.consecutive_errors,
        "LastError": hook.last_error,
    }


def create_default_webhook(caller: Caller, given: Arguments) -> Carrier:
    del caller, given
    return {"Events": ["contact.created", "contact.deleted"], "State": "Active", "Type": "webhook"}


def save_webhook(caller: Caller, given: Arguments) -> Carrier:
    """Keep a webhook after its target has answered a test event with 200."""
    tenant = caller.tenant
    carrier: Carrier = given["Webhook"] or {}
    hook = _from(caller, carrier)
    reached, message = caller.world.test_delivery(tenant, hook)
    if not reached:
        raise ValidationFailed(f"the target did not answer the test with 200: {message}")
    with tenant.change():
        old = tenant.tables.webhooks.get(hook.webhook_id)
        hook.webhook_id = hook.webhook_id or tenant.tables.next_id("webhook")
        tenant.tables.webhooks[hook.webhook_id] = hook
        if old is not None:
            tenant.tell_state(hook, old.state)
        return carrier_of(caller, hook)


def get_webhook(caller: Caller, given: Arguments) -> Carrier:
    return carrier_of(caller, _own(caller, given["WebhookId"]))


def get_all_webhooks(caller: Caller, given: Arguments) -> list[Carrier]:
    """Answer the app's own webhooks by part of the name, by event and by state."""
    name, event = given["NameFilter"], given["EventFilter"]
    state = given["StatusFilter"] or "Unknown"
    return [
        carrier_of(caller, hook)
        for hook in caller.tenant.webhooks(caller.client_id)
        if (not name or name.casefold() in hook.name.casefold())
        and (not event or event in hook.events)
        and state in ("Unknown", STATES[hook.state])
    ]


def delete_webhook(caller: Caller, given: Arguments) -> None:
    with caller.tenant.change():
        hook = _own(caller, given["WebhookId"])
        del caller.tenant.tables.webhooks[hook.webhook_id]


def test_webhook(caller: Caller, given: Arguments) -> Carrier:
    reached, message = caller.world.test_delivery(caller.tenant, _from(caller, given["Webhook"] or {}))
    return {"Success": reached, "Message": message}


def signal_event(caller: Caller, given: Arguments) -> None:
    pairs = (given["Data"] or {}).get("StringObjectKeyValuePair") or ()
    values = {pair["Key"]: pair["Value"] for pair in pairs}
    caller.tenant.signal(given["EventName"], given["PrimaryKey"], values, by=caller.associate_id)


def get_last_error(caller: Caller, given: Arguments) -> str:
    return _own(caller, given["WebhookId"]).last_error


def _own(caller: Caller, webhook_id: int) -> Webhook:
    hook = caller.tenant.tables.webhooks.get(webhook_id)
    if hook is None or hook.client_id != caller.client_id:
        raise NotFound(f"there is no webhook {webhook_id}")
    return hook


def _from(caller: Caller, carrier: Carrier) -> Webhook:
    """Build the webhook that a carrier describes; the one that is kept is not touched."""
    for field, longest in LONGEST.items():
        if len(carrier.get(field) or "") > longest:
            raise InvalidArgument(f"{field} is longer than {longest}")
    events = _strings(carrier.get("Events"))
    if not carrier.get("TargetUrl") or not events or len(",".join(events)) > LONGEST_EVENTS:
        raise InvalidArgument("a webhook needs a target and events of at most 4000 characters")
    now = caller.tenant.now()
    old = _own(caller, carrier["WebhookId"]) if carrier.get("WebhookId") else None
    state = STATES.index(carrier.get("State") or "Active")
    return Webhook(
        webhook_id=old.webhook_id if old else 0,
        name=carrier.get("Name") or "",
        events=events,
        target_url=carrier["TargetUrl"],
        secret=carrier.get("Secret") or "",
        state=state or ACTIVE,
        type=carrier.get("Type") or "webhook",
        client_id=caller.client_id,
        registered=old.registered if old else now,
        registered_associate_id=old.registered_associate_id if old else caller.associate_id,
        updated=now if old else None,
        updated_associate_id=caller.associate_id if old else 0,
        headers=_pairs(carrier.get("Headers"), "StringKeyValuePair"),
        properties=_pairs(carrier.get("Properties"), "StringObjectKeyValuePair"),
        errors_email=carrier.get("ErrorsEmail") or "",
        error_emails=_strings(carrier.get("ErrorEmails")),
        description=carrier.get("Description") or "",
        notify_via=list(carrier.get("NotifyVia") or ()),
        notify_when=list(carrier.get("NotifyWhen") or ()),
        total_calls=old.total_calls if old else 0,
        total_errors=old.total_errors if old else 0,
        last_error=old.last_error if old else "",
    )


def _strings(array: dict[str, list[str]] | None) -> list[str]:
    return list((array or {}).get("string") or ())


def _pairs(dictionary: dict[str, Any] | None, element: str) -> dict[str, Any]:
    return {pair["Key"]: pair["Value"] for pair in (dictionary or {}).get(element) or ()}


WEBHOOK: Agent = {
    "CreateDefaultWebhook": create_default_webhook,
    "SaveWebhook": save_webhook,
    "GetWebhook": get_webhook,
    "GetAllWebhooks": get_all_webhooks,
    "DeleteWebhook": delete_webhook,
    "TestWebhook": test_webhook,
    "SignalEvent": signal_event,
    "GetLastError": get_last_error,
}
