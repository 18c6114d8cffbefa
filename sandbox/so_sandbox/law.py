"""The vendor's law of delivery: what an attempt's end means for its event and for its webhook."""

from __future__ import annotations

from enum import Enum, auto

from so_sandbox.deliveries import Attempt, Delivery
from so_sandbox.world.rows import Webhook
from so_sandbox.world.switches import Switches

WAITS = (1.0, 4.0)
"""Seconds before the second try, and from the second to the third."""
FAILURES = 9
GONE = 410
ACTIVE = 1
TOO_MANY_ERRORS = 3
_LAST_ERROR = 4000
"""Characters that the column `last_error` holds."""


class Verdict(Enum):
    DELIVERED = auto()
    RETRY = auto()
    REQUEUE = auto()
    """The event comes again under a new EventId, behind the others."""
    DISCARD = auto()
    STOP = auto()
    """The event is lost and the webhook has just been stopped."""


def judge(
    webhook: Webhook, delivery: Delivery, attempt: Attempt, message: str, switches: Switches
) -> Verdict:
    """Count an attempt in the webhook's usage, stop the webhook if it has to be, and say what follows."""
    webhook.total_calls += 1
    if attempt.good:
        webhook.consecutive_errors = 0
        return Verdict.DELIVERED
    webhook.total_errors += 1
    webhook.last_error = message[:_LAST_ERROR]
    over = len(delivery.attempts) > len(WAITS)
    if over or switches.errors_counted == "attempts":
        webhook.consecutive_errors += 1
    if attempt.status == GONE or webhook.consecutive_errors >= FAILURES:
        if webhook.state != ACTIVE:
            return Verdict.DISCARD
        webhook.state = TOO_MANY_ERRORS
        return Verdict.STOP
    if not over:
        return Verdict.RETRY
    return Verdict.REQUEUE if switches.delivery == "requeue" else Verdict.DISCARD
