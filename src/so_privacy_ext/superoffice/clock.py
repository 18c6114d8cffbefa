"""What time it is at SuperOffice, by the Date of its login service's answers."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from so_privacy_ext.superoffice.environments import Environment
from so_privacy_ext.superoffice.wire import Wire

_LARGEST = 256 * 1024


def time_at(wire: Wire, environment: Environment) -> datetime | None:
    """Ask; None if the answer has no date that can be read."""
    reply = wire.exchange(
        "Login.Jwks",
        "GET",
        f"{environment.login}/.well-known/jwks",
        headers={"Accept": "application/json"},
        limit=_LARGEST,
    )
    try:
        moment = parsedate_to_datetime(reply.headers.get("Date", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
