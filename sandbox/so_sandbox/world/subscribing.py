"""What people do to a tenant's webhooks, and what other webhooks are told of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from so_sandbox.world.errors import NotFound
from so_sandbox.world.events import Event, local
from so_sandbox.world.people import People
from so_sandbox.world.rows import Webhook

ACTIVE, STOPPED, TOO_MANY_ERRORS = 1, 2, 3
_TOLD = {ACTIVE: "started", STOPPED: "stopped", TOO_MANY_ERRORS: "errors"}


class Subscribing(People):
    """Has webhooks that an administrator may stop, start, edit and delete."""

    def webhooks(self, client_id: str | None = None) -> list[Webhook]:
        """Return the webhooks of one app, or all."""
        return [hook for hook in self.tables.webhooks.values() if client_id in (None, hook.client_id)]

    def add_webhook(self, name: str, *, target_url: str, events: Sequence[str], secret: str) -> Webhook:
        """Add a webhook by hand: no app has it for its own, and its target is not tested."""
        with self.change():
            hook = Webhook(
                webhook_id=self.tables.next_id("webhook"),
                name=name,
                events=list(events),
                target_url=target_url,
                secret=secret,
                state=ACTIVE,
                type="webhook",
                client_id="",
                registered=self.now(),
                registered_associate_id=self.associate("user").associate_id,
            )
            self.tables.webhooks[hook.webhook_id] = hook
            return hook

    def edit_webhook(
        self,
        webhook_id: int,
        *,
        state: int | None = None,
        target_url: str | None = None,
        events: Sequence[str] | None = None,
        secret: str | None = None,
        by: int | None = None,
    ) -> Webhook:
        """Edit a webhook by hand: unlike an app's save this tests nothing. A start clears its errors."""
        with self.change():
            hook = self._webhook(webhook_id)
            if target_url is not None:
                hook.target_url = target_url
            if events is not None:
                hook.events = list(events)
            if secret is not None:
                hook.secret = secret
            hook.updated, hook.updated_associate_id = self.now(), by or self.associate("user").associate_id
            if state is not None:
                before, hook.state = hook.state, state
                hook.consecutive_errors = 0 if state == ACTIVE else hook.consecutive_errors
                self.tell_state(hook, before)
            return hook

    def delete_webhook(self, webhook_id: int) -> None:
        """Delete a webhook; no event tells of it."""
        with self.change():
            del self.tables.webhooks[self._webhook(webhook_id).webhook_id]

    def tell_state(self, hook: Webhook, before: int) -> None:
        """Announce that a webhook is in another state than before."""
        if hook.state != before and hook.state in _TOLD:
            self.announce_event(state_event(hook, _TOLD[hook.state], self.now()))

    def _webhook(self, webhook_id: int) -> Webhook:
        hook = self.tables.webhooks.get(webhook_id)
        if hook is None:
            raise NotFound(f"{self.context_identifier} has no such webhook")
        return hook


def state_event(webhook: Webhook, what: str, now: datetime) -> Event:
    """Give the event of a webhook's own change, which names no entity.

    Other webhooks subscribe to it by number; the body does not repeat the number in the name.
    """
    return Event(
        name=f"webhook.{what}",
        primary_key=webhook.webhook_id,
        entity="",
        timestamp=now,
        field_values={
            "events": len(webhook.events),
            "registered": local(webhook.registered),
            "registered_associate_id": webhook.registered_associate_id,
            "state": webhook.state,
            "updated": local(webhook.updated),
            "updated_associate_id": webhook.updated_associate_id,
        },
        subscribed_as=f"webhook{webhook.webhook_id}.{what}",
    )
