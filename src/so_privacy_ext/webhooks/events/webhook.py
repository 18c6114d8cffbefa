"""What webhooks tell of themselves: the test while one is saved, and what becomes of another."""

from __future__ import annotations

from dataclasses import dataclass

from so_privacy_ext.webhooks.events.columns import Id, Moment, Number
from so_privacy_ext.webhooks.events.event import WebhookEvent


class WebhookTested(WebhookEvent):
    """The delivery that tries a webhook while it is saved."""

    __slots__ = ()
    NAME = "test"
    ENTITY = "test"
    KEY = "always 0"
    PAGE = "test-event.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookStateEvent(WebhookEvent):
    """A webhook is in another state; which one is in the primary key, and `state` is not to be trusted.

    It is subscribed to by number, as `webhook66.stopped`; the body leaves the number out, and the entity.
    """

    KEY = "webhook_id"
    PAGE = "state-events.md"

    events: Number = None
    registered: Moment = None
    registered_associate_id: Id = None
    state: Number = None
    updated: Moment = None
    updated_associate_id: Id = None


class WebhookStarted(WebhookStateEvent):
    """A webhook was started; the key is its id, the header names it too."""

    __slots__ = ()
    NAME = "webhook.started"


class WebhookStopped(WebhookStateEvent):
    """A webhook was stopped; the key is its id, the header names it too."""

    __slots__ = ()
    NAME = "webhook.stopped"


class WebhookErrors(WebhookStateEvent):
    """The CRM switched a webhook off after too many failures; the key is its id, the header names it too."""

    __slots__ = ()
    NAME = "webhook.errors"


EVENTS = (WebhookTested, WebhookStarted, WebhookStopped, WebhookErrors)
