"""A subscription of one's own for as long as somebody looks: each attempt to deliver, as it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from so_sandbox import client

NAME = "so-sandbox listen"
"""Of the webhook, by which one that was left behind is known."""
Ask = Callable[[str, str, dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver one event."""

    at: float
    """Seconds since 1970."""
    event: str
    key: int
    """Of the person or item that it is about."""
    event_id: str
    retry: int
    status: int | None
    error: str
    seconds: float


@dataclass(slots=True)
class Listening:
    """Forwards a tenant's events to an address, between `begin` and `end`."""

    ask: Ask
    tenant: str
    target_url: str
    events: str = ""
    """With commas between them; empty = every one."""
    secret: str = ""
    """Empty = one is made."""
    _webhook_id: int = 0
    _open: dict[int, int] = field(default_factory=dict)
    """Deliveries that have not come to their end → how many attempts we have told of."""
    _last: int = 0

    def begin(self) -> Mapping[str, Any]:
        """Subscribe, in place of what a killed one has left behind, and give the webhook with its secret."""
        for hook in self.ask("GET", "/subscriptions", {"tenant": self.tenant})["subscriptions"]:
            if hook["name"] == NAME and hook["target_url"] == self.target_url:
                self._change(hook["webhook_id"], "Deleted")
        content = {"name": NAME, "target_url": self.target_url, "events": self.events, "secret": self.secret}
        hook = self.ask("POST", "/subscriptions", {"tenant": self.tenant, **content})
        self._webhook_id, self._open, self._last = int(hook["webhook_id"]), {}, 0
        self.secret = str(hook["secret"])
        return dict(hook)

    def news(self) -> Iterator[Attempt]:
        """Give the attempts since the last look, by delivery."""
        after = min(self._open, default=self._last + 1) - 1
        asked = {"tenant": self.tenant, "webhook_id": self._webhook_id, "after": after}
        for one in self.ask("GET", "/deliveries", asked)["deliveries"]:
            number = one["delivery_id"]
            if number <= self._last and number not in self._open:
                continue
            told, attempts = self._open.pop(number, 0), one["attempts"]
            for attempt in attempts[told:]:
                yield Attempt(event=one["event"], key=one["primary_key"], event_id=one["event_id"], **attempt)
            self._last = max(self._last, number)
            if one["state"] == "queued":
                self._open[number] = len(attempts)

    def revived(self) -> str | None:
        """Have the webhook be there and active, as long as somebody looks; say what was wrong with it."""
        state = self._state()
        if state is None:
            self.begin()
            return "the webhook was gone, as after a reset; there is a new one"
        if state != "Active":
            self._change(self._webhook_id, "Active")
            return f"the webhook was {state}, as it is after nine failures in a row; it is active again"
        return None

    def end(self) -> None:
        """Take the subscription away, unless it or the sandbox is gone already."""
        try:
            if self._state() is not None:
                self._change(self._webhook_id, "Deleted")
        except (client.RefusedError, client.NotRunningError):
            return

    def _state(self) -> str | None:
        """Give our webhook's state; None if there is none, or another's under its number."""
        hooks = self.ask("GET", "/subscriptions", {"tenant": self.tenant})["subscriptions"]
        mine = (one for one in hooks if one["webhook_id"] == self._webhook_id and one["name"] == NAME)
        return next((str(one["state"]) for one in mine), None)

    def _change(self, webhook_id: int, state: str) -> None:
        self.ask("POST", f"/subscriptions/{webhook_id}", {"tenant": self.tenant, "state": state})
