"""Verifies a message and reads it, in one call and in no other order; for whoever is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from so_privacy_ext.errors import Quarantine
from so_privacy_ext.outward.messages import DecisionMade, EndpointTest, read_message
from so_privacy_ext.outward.signing import Headers, verify


@dataclass(frozen=True, slots=True)
class Told:
    """A message that is believed."""

    id: str
    """The same each time that it comes."""
    message: DecisionMade | EndpointTest


def read(body: bytes, headers: Headers, secrets: Sequence[str], *, now: float | None = None) -> Told:
    """Give the message of a request, verified.

    `body` is the request's before anything has read it as JSON; `secrets` are all that may sign now. Raises
    NotBelieved: answer 401; and Quarantine where it is signed and of a type that this version does not know:
    answer 200, or it comes again.
    """
    message_id = verify(body, headers, secrets, now=now)
    try:
        return Told(message_id, read_message(body))
    except ValueError:
        raise Quarantine("unknown_message") from None
