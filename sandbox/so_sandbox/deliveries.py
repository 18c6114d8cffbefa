"""What is brought to webhooks: bodies and headers as the CRM writes them, and a log of every attempt."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from so_sandbox.world.events import Event
from so_sandbox.world.rows import Webhook

USER_AGENT = "NetServer-Webhook/10.5.8700.1000"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP exchange: real time at its start, its duration, and the status or why there is none."""

    at: float
    seconds: float
    retry: int
    status: int | None
    error: str = ""

    @property
    def good(self) -> bool:
        """Only 200 counts."""
        return self.status == 200


@dataclass(slots=True)
class Delivery:
    """One event on its way to one webhook, under one EventId."""

    delivery_id: int
    context_identifier: str
    webhook_id: int
    event: str
    primary_key: int
    event_id: str
    created: float
    body: bytes = field(repr=False)
    header_event: str = ""
    """The event as the header names it, where that differs from the body's."""
    state: str = "queued"
    """`queued`, `delivered`, `discarded`, `requeued`, `dropped` (the webhook was not active), `failed`
    or `lost` (by us, as we were told: it was never tried, and no count knows of it)."""
    signature: str | None = field(default=None, repr=False)
    """What is sent instead of the right signature; an empty text = none at all."""
    first_retry: int = 0
    """What the retry header of the first attempt says."""
    once: bool = False
    """Asked for by hand: tried once, and the webhook's counters don't see it."""
    attempts: list[Attempt] = field(default_factory=list)

    def as_json(self, *, with_body: bool = False) -> dict[str, object]:
        shown: dict[str, object] = {
            "delivery_id": self.delivery_id,
            "tenant": self.context_identifier,
            "webhook_id": self.webhook_id,
            "event": self.event,
            "primary_key": self.primary_key,
            "event_id": self.event_id,
            "created": self.created,
            "state": self.state,
            "attempts": [
                {"at": a.at, "seconds": a.seconds, "retry": a.retry, "status": a.status, "error": a.error}
                for a in self.attempts
            ],
        }
        if with_body:
            shown["body"] = self.body.decode("utf-8", "replace")
        return shown


def new_event_id() -> str:
    return str(uuid4())


def event_body(event: Event, webhook: Webhook, context_identifier: str, event_id: str) -> bytes:
    """Write the body of one event for one webhook, with the webhook's own properties in it."""
    content: dict[str, object] = {
        "EventId": event_id,
        "Timestamp": timestamp(event.timestamp),
        "Changes": list(event.changes),
        "Event": event.name,
        "PrimaryKey": event.primary_key,
        "Entity": event.entity,
        "ContextIdentifier": context_identifier,
        "ChangedByAssociateId": event.changed_by_associate_id,
        "WebhookName": webhook.name,
    }
    if event.values:
        content["Values"] = dict(event.values)
    if not event.entity:
        del content["Entity"]
    if event.field_values or event.entity.startswith("list."):
        content["FieldValues"] = dict(event.field_values)
    content.update(webhook.properties)
    return _encode(content)


def test_body(webhook: Webhook, now: datetime, associate_id: int) -> bytes:
    """Write the body of a test event: it names no tenant, and its EventId is not the header's."""
    content: dict[str, object] = {
        "EventId": new_event_id(),
        "Timestamp": timestamp(now),
        "Changes": [],
        "Event": "test",
        "PrimaryKey": 0,
        "Entity": "test",
        "ContextIdentifier": "Default",
        "ChangedByAssociateId": associate_id,
        "WebhookName": webhook.name,
    }
    content.update(webhook.properties)
    return _encode(content)


def renamed(body: bytes, event_id: str) -> bytes:
    """Give the same body under another EventId, white space aside."""
    content = json.loads(body)
    content["EventId"] = event_id
    return _encode(content)


def headers(
    webhook: Webhook,
    *,
    event: str,
    event_id: str,
    retry: int,
    body: bytes,
    signed: str | None = None,
) -> list[tuple[str, str]]:
    """Give a request's headers; `signed` stands instead of the signature, which needs a secret."""
    given = [
        ("Content-Type", "application/json; charset=utf-8"),
        ("User-Agent", USER_AGENT),
        ("X-SuperOffice-Event", event),
        ("X-SuperOffice-EventId", event_id),
        ("X-SuperOffice-Retry", str(retry)),
    ]
    if signed is None and webhook.secret:
        signed = signature(webhook.secret, body)
    if signed:
        given.append(("X-SuperOffice-Signature", signed))
    if event == "test":
        given.append(("X-Hook-Test", "true"))
    return [*given, *webhook.headers.items()]


def signature(secret: str, body: bytes) -> str:
    """Sign the raw bytes: base64 of HMAC-SHA256 under the secret's UTF-8."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode("ascii")


def timestamp(when: datetime) -> str:
    """Write a UTC time with seven digits of a second, the way .NET does."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def _encode(content: dict[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_dated).encode()


def _dated(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S")
    raise TypeError(f"a payload can't hold a {type(value).__name__}")
