"""What a tenant's own systems are told by HTTP, signed by Standard Webhooks; values in, bytes out.

Usable alone by whoever is told: `read` verifies a request and gives the message.
"""

from __future__ import annotations

from so_privacy_ext.errors import Quarantine
from so_privacy_ext.outward.messages import Decided, Decision, DecisionMade, EndpointTest
from so_privacy_ext.outward.reading import Told, read
from so_privacy_ext.outward.signing import NotBelieved, Wrong, sign, verify

__all__ = (
    "Decided",
    "Decision",
    "DecisionMade",
    "EndpointTest",
    "NotBelieved",
    "Quarantine",
    "Told",
    "Wrong",
    "read",
    "sign",
    "verify",
)
