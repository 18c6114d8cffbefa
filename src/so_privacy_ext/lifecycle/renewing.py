"""Has a tenant's webhooks signed with new secrets, without a delivery that is refused meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from so_privacy_ext.errors import Exit, Refused

UNTIL_KNOWN = 6.0
"""Seconds after which every receiver has asked anew who may sign; it keeps an answer for less than five."""
_ACTIVE = "Active"


class Webhook(Protocol):
    """A webhook as it stands in the CRM."""

    @property
    def webhook_id(self) -> int: ...
    @property
    def state(self) -> str: ...


_W = TypeVar("_W", bound=Webhook)


class Webhooks(Protocol[_W]):
    """Our webhooks in the tenant's CRM."""

    def standing(self) -> Sequence[_W]:
        """Give them as they stand."""

    def sign_with(self, webhook: _W, secret: str) -> None:
        """Save one as it stands, with another secret; the CRM posts a test delivery meanwhile."""


class Secrets(Protocol):
    """The secrets that we keep of a tenant."""

    def webhooks(self) -> Mapping[int, str]:
        """Give the kind of each subscription, by its webhook's id."""

    def add(self, kind: str) -> str:
        """Keep a new secret beside those that may sign already."""

    def drop_older(self, kind: str) -> int:
        """Forget all but the newest; tell how many."""


def renew(crm: Webhooks[_W], secrets: Secrets, wait: Callable[[], None]) -> int:
    """Give each webhook a new secret; tell how many webhooks there are.

    The new one is kept, and known to every receiver, before the CRM signs with it; the old one is forgotten
    once the CRM has said that it does. If this fails or dies in between, both may sign until it is repeated.
    """
    kinds = secrets.webhooks()
    found = [one for one in crm.standing() if one.webhook_id in kinds]
    stopped = [one for one in found if one.state != _ACTIVE]
    if stopped or len(found) < len(kinds) or not found:
        raise Refused(
            "webhook_stopped",
            "a webhook of ours is stopped or gone, and to save it would start it",
            "see `so-privacy doctor`, have it running, then try again",
            Exit.UNAVAILABLE,
        )
    new = [(one, kinds[one.webhook_id], secrets.add(kinds[one.webhook_id])) for one in found]
    wait()
    for one, kind, secret in new:
        crm.sign_with(one, secret)
        secrets.drop_older(kind)
    return len(new)
