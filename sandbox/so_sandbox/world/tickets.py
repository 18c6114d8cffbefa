"""Tickets and access tokens: what a caller shows the web services to be let in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

LIFETIME = timedelta(hours=6)


@dataclass(slots=True)
class Ticket:
    """A credential of one associate in one tenant, got through one application."""

    value: str
    context_identifier: str
    associate_id: int
    client_id: str
    expires: datetime
    lifetime: timedelta
    sliding: bool


class Tickets:
    """All credentials that are out; a sliding one lives on with each use."""

    def __init__(self) -> None:
        self.out: dict[str, Ticket] = {}

    def issue_ticket(
        self, *, context_identifier: str, associate_id: int, client_id: str, now: datetime
    ) -> Ticket:
        """Issue a system user's ticket, six hours from its last use."""
        value = "7T:" + secrets.token_urlsafe(32)
        return self._keep(
            Ticket(value, context_identifier, associate_id, client_id, now + LIFETIME, LIFETIME, sliding=True)
        )

    def issue_access_token(
        self,
        *,
        context_identifier: str,
        associate_id: int,
        client_id: str,
        now: datetime,
        lifetime: timedelta = timedelta(hours=1),
    ) -> Ticket:
        """Issue a signed-in user's access token, which is good as a SOAP ticket."""
        value = f"8A:{context_identifier}.{secrets.token_urlsafe(32)}"
        return self._keep(
            Ticket(
                value, context_identifier, associate_id, client_id, now + lifetime, lifetime, sliding=False
            )
        )

    def use(self, value: str, context_identifier: str, now: datetime) -> Ticket | None:
        """Return the ticket if it is good for this tenant now, and let a sliding one live on."""
        ticket = self.out.get(value)
        if ticket is None or ticket.context_identifier.casefold() != context_identifier.casefold():
            return None
        if now >= ticket.expires:
            del self.out[value]
            return None
        if ticket.sliding:
            ticket.expires = now + ticket.lifetime
        return ticket

    def expire(self, context_identifier: str | None = None) -> int:
        """Make all tickets of a tenant (None = of all) worthless and return how many there were."""
        gone = [t.value for t in self.out.values() if context_identifier in (None, t.context_identifier)]
        for value in gone:
            del self.out[value]
        return len(gone)

    def _keep(self, ticket: Ticket) -> Ticket:
        self.out[ticket.value] = ticket
        return ticket
