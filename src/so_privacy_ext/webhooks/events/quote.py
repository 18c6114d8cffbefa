"""Events of quotes, which carry no values."""

from __future__ import annotations

from so_privacy_ext.webhooks.events.event import WebhookEvent


class QuoteEvent(WebhookEvent):
    """Something happened to a quote."""

    __slots__ = ()
    ENTITY = "quote"
    KEY = "not said: of the quote or of its version"
    PAGE = "quote-events.md"


class QuoteApproved(QuoteEvent):
    """A quote was approved."""

    __slots__ = ()
    NAME = "quote.approved"


class QuoteRejected(QuoteEvent):
    """A quote was rejected."""

    __slots__ = ()
    NAME = "quote.rejected"


class QuoteSent(QuoteEvent):
    """A version of a quote was sent."""

    __slots__ = ()
    NAME = "quote.sent"


class QuoteOrdered(QuoteEvent):
    """An order was placed on a quote."""

    __slots__ = ()
    NAME = "quote.ordered"


EVENTS = (QuoteApproved, QuoteRejected, QuoteSent, QuoteOrdered)
