"""The webhooks that we register in a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from so_privacy_ext.model import AssociateId
from so_privacy_ext.superoffice.client import SoapClient
from so_privacy_ext.webhooks.subscriptions import EVENTS, NAMES

NAME = NAMES[EVENTS]


class WebhookState(StrEnum):
    """WebhookState by its names on the wire, of which the enum's numbers are 0 to 3.

    The enum table says 1 Active, 2 Stopped, 3 TooManyErrors; the vendor's page state-events.md says 0, 1, 2
    of the same three. No number is ever used.
    """

    UNKNOWN = "Unknown"
    ACTIVE = "Active"
    STOPPED = "Stopped"
    TOO_MANY_ERRORS = "TooManyErrors"


@dataclass(frozen=True, slots=True)
class Registered:
    """A webhook as it stands in the tenant; the CRM shows an app only its own."""

    webhook_id: int
    name: str
    events: tuple[str, ...]
    target_url: str = field(repr=False)
    state: WebhookState
    associate_id: AssociateId | None
    """Who registered it: our own associate id."""
    secret: str = field(default="", repr=False)
    """Empty where the CRM does not show it."""
    total_errors: int = 0
    """Attempts at deliveries that failed, ever since."""


def save(
    client: SoapClient,
    *,
    target_url: str,
    secret: str,
    events: Sequence[str],
    webhook_id: int = 0,
    name: str = NAME,
) -> Registered:
    """Register a webhook (id 0) or write it anew; the CRM posts a test event to the target meanwhile."""
    answer = client.call(
        "SaveWebhook",
        Webhook={
            "WebhookId": webhook_id,
            "Name": name,
            "Events": {"string": list(events)},
            "TargetUrl": target_url,
            "Secret": secret,
            "State": WebhookState.ACTIVE.value,
            "Type": "webhook",
        },
    )
    return _registered(answer)


class Signing:
    """Implements `lifecycle.renewing.Webhooks`: has webhooks that stand signed with another secret."""

    def __init__(self, client: SoapClient) -> None:
        self._client = client

    def standing(self) -> tuple[Registered, ...]:
        return list_own(self._client)

    def sign_with(self, webhook: Registered, secret: str) -> None:
        save(
            self._client,
            target_url=webhook.target_url,
            secret=secret,
            events=webhook.events,
            webhook_id=webhook.webhook_id,
            name=webhook.name,
        )


def list_own(client: SoapClient) -> tuple[Registered, ...]:
    """Give all webhooks of our app in this tenant, whatever their state."""
    found = client.items("GetAllWebhooks", StatusFilter=WebhookState.UNKNOWN.value)
    return tuple(_registered(item) for item in found)


def delete(client: SoapClient, webhook_id: int) -> None:
    """Remove a webhook for good; one that is gone already is a `NoOp`."""
    client.call("DeleteWebhook", WebhookId=webhook_id)


def _registered(item: Any) -> Registered:
    owner = item.RegisteredAssociate.AssociateId if item.RegisteredAssociate is not None else None
    states = {state.value for state in WebhookState}
    return Registered(
        webhook_id=item.WebhookId,
        name=item.Name or "",
        events=tuple(item.Events.string) if item.Events is not None else (),
        target_url=item.TargetUrl or "",
        state=WebhookState(item.State) if item.State in states else WebhookState.UNKNOWN,
        associate_id=AssociateId(owner) if owner else None,
        secret=item.Secret or "",
        total_errors=item.TotalErrors or 0,
    )
