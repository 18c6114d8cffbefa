"""A tenant's endpoints, as its administrator sees to them: added, tried, switched, removed."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from so_privacy_ext.calling import Posted, Poster
from so_privacy_ext.errors import Exit, Refused
from so_privacy_ext.outward import messages
from so_privacy_ext.outward.addresses import host_of
from so_privacy_ext.outward.messages import KIND_OF, TYPES, Of
from so_privacy_ext.outward.signing import ID, SIGNATURE, TIMESTAMP, sign, write_secret
from so_privacy_ext.ports import Clock
from so_privacy_ext.storage import endpoints
from so_privacy_ext.storage.endpoints import Address, Endpoint
from so_privacy_ext.storage.secrets import DataKey
from so_privacy_ext.storage.session import TenantSession
from so_privacy_ext.storage.tenants import TenantSummary
from so_privacy_ext.storage.turns import Turn

SWITCHED_OFF, GONE, FAILING = "switched_off", "gone", "failing"
"""Why an endpoint is off: as somebody wants it, as it said itself by 410, or since it failed for days."""
_LONGEST_DESCRIPTION = 200


@dataclass(frozen=True, slots=True)
class Listener:
    """An endpoint, as whoever records something asks whether it is to be told."""

    name: str
    kinds: Collection[str]

    def wants(self, kind: str) -> bool:
        """Tell whether it is to be told of this."""
        return kind in self.kinds


class Endpoints:
    """What an administrator may do about them; changes are made under the tenant's turn, and journaled."""

    def __init__(self, data_key: DataKey, poster: Poster, clock: Clock) -> None:
        self._data_key = data_key
        self._poster = poster
        self._clock = clock

    def listeners(self, turn: Turn) -> Sequence[Listener]:
        """Give those that are on; nothing is read of a tenant that never had one."""
        if not turn.tenant.endpoints:
            return ()
        return [
            Listener(endpoints.consumer(number), frozenset(KIND_OF[one] for one in events if one in KIND_OF))
            for number, events in endpoints.wanting(turn.session)
        ]

    def add(
        self, turn: Turn, url: str, events: Sequence[str], description: str, *, who: str
    ) -> tuple[int, str]:
        """Add one; give its number, and its secret, which is never shown again."""
        host = host_of(url, loopback=self._poster.loopback)
        if self._poster.leads_inside(url):
            what = f"{host} leads to an address inside a network, which nobody outside may have us call"
            how = "give a public address; the operator may allow networks by SO_PRIVACY_OUTWARD_NETWORKS"
            raise Refused("endpoint_address", what, how, Exit.BAD_DATA)
        if len(description) > _LONGEST_DESCRIPTION or not description.isprintable():
            how = f"write one line of {_LONGEST_DESCRIPTION} characters at the most"
            raise Refused(
                "endpoint_description", "the description is too long or no line", how, Exit.BAD_DATA
            )
        secret = _new_secret()
        number = endpoints.add(
            turn.session,
            turn.ledgers,
            self._data_key,
            url=url,
            host=host,
            secret=secret,
            events=_known(events),
            description=description,
            who=who,
        )
        return number, secret

    def rotate(self, turn: Turn, number: int, *, who: str, at_once: bool = False) -> str:
        """Have another secret sign, for a day beside the one of before; give it."""
        endpoints.find(turn.session, number)
        secret = _new_secret()
        endpoints.rotate(turn.session, turn.ledgers, self._data_key, number, secret, who=who, at_once=at_once)
        return secret

    def switch(self, turn: Turn, number: int, *, on: bool, who: str) -> bool:
        """Switch one on or off; False if it was so already."""
        endpoints.find(turn.session, number)
        if on:
            return endpoints.switch_on(turn.session, turn.ledgers, number, who=who)
        return endpoints.switch_off(turn.session, turn.ledgers, number, who=who, because=SWITCHED_OFF)

    def remove(self, turn: Turn, number: int, *, who: str) -> Endpoint:
        """Forget one, and what waits for it; give it as it stood."""
        found = endpoints.find(turn.session, number)
        endpoints.remove(turn.session, turn.ledgers, number, who=who)
        return found

    def test(self, session: TenantSession, tenant: TenantSummary, number: int) -> Posted:
        """Post a message that says no more than that it is a test, whether or not the endpoint is on."""
        endpoints.find(session, number)
        address = endpoints.address(session, self._data_key, number)
        of = Of(tenant=tenant.context_identifier, environment=tenant.environment)
        body = messages.endpoint_test(of, self._clock.now())
        return post(self._poster, self._clock, address, f"msg_{uuid.uuid4().hex}", body)


def post(poster: Poster, clock: Clock, address: Address, message_id: str, body: bytes) -> Posted:
    """Post a message, signed as of now by each of the secrets."""
    now = int(clock.now().timestamp())
    signature = sign(message_id, now, body, address.secrets)
    headers = {ID: message_id, TIMESTAMP: str(now), SIGNATURE: signature}
    return poster.post(address.url, headers, body)


def _new_secret() -> str:
    return write_secret(secrets.token_bytes(32))


def _known(events: Sequence[str]) -> Sequence[str]:
    unknown = sorted(set(events) - set(TYPES))
    if unknown or not events:
        what = f"there is no event {', '.join(unknown)}" if unknown else "no event is asked for"
        raise Refused("endpoint_events", what, f"choose from {', '.join(TYPES)}", Exit.USAGE)
    return sorted(set(events))
