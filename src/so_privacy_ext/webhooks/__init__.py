"""What SuperOffice posts to us: its signature, its payload, and which events we want; bytes in, nouns out.

Usable alone: `read` verifies a delivery and gives a typed event; no other public name gives one.
"""

from __future__ import annotations

from so_privacy_ext.errors import Quarantine
from so_privacy_ext.webhooks import events
from so_privacy_ext.webhooks.events import WebhookEvent
from so_privacy_ext.webhooks.reading import BadSignature, read

__all__ = ("BadSignature", "Quarantine", "WebhookEvent", "events", "read")
