"""Tells which of the webhooks in a tenant is ours, and whether it is as it must be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from so_privacy_ext.model import AssociateId, Slot
from so_privacy_ext.webhooks.subscriptions import difference

ACTIVE, STOPPED = "Active", "Stopped"
"""As the CRM names a webhook's state."""


class Standing(Protocol):
    """A webhook as it stands in the tenant."""

    @property
    def webhook_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def events(self) -> tuple[str, ...]: ...
    @property
    def target_url(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def associate_id(self) -> AssociateId | None: ...


class Kept(Protocol):
    """What is kept of one of our webhooks."""

    @property
    def slot(self) -> Slot: ...
    @property
    def secret(self) -> str: ...
    @property
    def webhook_id(self) -> int | None:
        """None until the CRM gave one."""


def choose(standing: Iterable[Standing], kept: Kept, target: str) -> Standing | None:
    """Give the webhook that is the one kept: by its id, else by its target, the oldest first."""
    ours = [one for one in standing if one.webhook_id == kept.webhook_id or one.target_url == target]
    return min(ours, key=lambda one: (one.webhook_id != kept.webhook_id, one.webhook_id), default=None)


def is_right(one: Standing, target: str, events: Sequence[str]) -> bool:
    """Tell whether a webhook needs no mending; what a human has stopped is left as it is."""
    if one.state == STOPPED:
        return True
    return one.state == ACTIVE and one.target_url == target and not difference(events, one.events)
