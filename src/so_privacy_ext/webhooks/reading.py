"""Verifies a delivery and reads it as a typed event, in one call and in no other order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from so_privacy_ext.errors import Exit, Quarantine, Refused, Rejected
from so_privacy_ext.model import ContextIdentifier, Event
from so_privacy_ext.webhooks import payload, signature
from so_privacy_ext.webhooks.events import WebhookEvent, model_of
from so_privacy_ext.webhooks.events import columns as typed

Headers = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]

_SIGNATURE, _EVENT_ID = "x-superoffice-signature", "x-superoffice-eventid"
_KEPT = tuple(one.name for one in fields(Event))
_ENVELOPE = frozenset(
    {
        "EventId", "Timestamp", "Changes", "FieldValues", "Values", "Event", "PrimaryKey", "Entity",
        "ContextIdentifier", "ChangedByAssociateId", "WebhookName",
    }
)  # fmt: skip


_NOT_SIGNED = (
    "whoever sent the body does not know the webhook's secret, or it is not as it was sent: there must be "
    "one X-SuperOffice-Signature, made with one of the given secrets over the very bytes of the body"
)


class BadSignature(Rejected):
    """Nobody who knows one of the secrets sent this body. Answer 401 and keep nothing of it."""

    def __init__(self) -> None:
        super().__init__("bad_signature", 401)
        self.args = (_NOT_SIGNED,)


def read(
    body: bytes,
    headers: Headers,
    secrets: Sequence[str | bytes],
    *,
    context_identifier: str,
) -> WebhookEvent:
    """Give the event that a delivery tells a tenant's webhook, verified.

    `body` is the request's body before anything has read it as JSON; `secrets` are all that may sign now, so
    two while one is replaced. Raises BadSignature: answer 401; and Quarantine for a body that is rightly
    signed and makes no sense for this tenant: answer 200, or the CRM switches the webhook off, and show it
    to a human. Refused says that a secret could be guessed.
    """
    known = [one.encode() if isinstance(one, str) else one for one in secrets]
    if not known:
        raise Refused(
            "no_secret",
            "no secret was given, so nothing can be verified",
            "give the secret that the webhook was saved with",
            Exit.CONFIG,
        )
    for secret in known:
        signature.refuse_weak(secret)
    given = [(_text(name).lower(), _bytes(value)) for name, value in _pairs(headers)]
    if not signature.verify(body, [value for name, value in given if name == _SIGNATURE], known):
        raise BadSignature
    found = payload.parse_whole(
        body,
        ContextIdentifier(context_identifier),
        header_event_id=next((value for name, value in given if name == _EVENT_ID), None),
    )
    if isinstance(found, payload.Quarantined):
        raise Quarantine(found.reason)
    return _typed(*found, ContextIdentifier(context_identifier))


def _typed(event: Event, content: Mapping[str, Any], tenant: ContextIdentifier) -> WebhookEvent:
    model = model_of(event.name)
    values = {**(content.get("FieldValues") or {}), **(content.get("Values") or {})}
    return model(
        **{name: getattr(event, name) for name in _KEPT},
        **typed.read(model, values),
        context_identifier=tenant,
        entity=_text_or_nothing(content.get("Entity")),
        webhook_name=_text_or_nothing(content.get("WebhookName")),
        values=MappingProxyType(values),
        added=MappingProxyType({name: one for name, one in content.items() if name not in _ENVELOPE}),
    )


def _pairs(headers: Headers) -> Iterable[tuple[str | bytes, str | bytes]]:
    return headers.items() if isinstance(headers, Mapping) else headers


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("latin-1")


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "replace") if isinstance(value, str) else value


def _text_or_nothing(value: Any) -> str:
    return value if type(value) is str else ""
