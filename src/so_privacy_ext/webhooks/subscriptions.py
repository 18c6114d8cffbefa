"""Knows which webhooks and events we want, and what is missing or too much in one that is registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

EVENTS, WATCH = "events", "watch"
"""Kinds of subscriptions: persons and lists, and what becomes of the webhook that tells of them."""
NAMES: Mapping[str, str] = MappingProxyType({EVENTS: "so-privacy", WATCH: "so-privacy-watch"})
"""How the webhook of each kind is called in the CRM."""

_PERSON = ("created", "changed", "softdeleted", "deleted", "consented", "unconsented")
_LISTS = (
    "consentsource",
    "legalbase",
    "consentpurpose",
    "category",
    "business",
    "perspos",
    "country",
    "doctmpl",
)

WANTED: tuple[str, ...] = (
    *(f"person.{word}" for word in _PERSON),
    *(f"list.{name}.{word}" for name in _LISTS for word in ("created", "changed", "softdeleted")),
)
"""Person events are work; list events drop what we keep of a tenant's lists."""


def wanted_events(further: Iterable[str]) -> tuple[str, ...]:
    """Give what our webhook asks for where plugins are told of further events."""
    return (*WANTED, *sorted(set(further) - set(WANTED)))


WATCHED = ("started", "stopped", "errors")
"""What may become of a webhook; another webhook subscribes to it by the number of the first."""


def wanted_watch(webhook_id: int) -> tuple[str, ...]:
    """Give the events that tell what becomes of a webhook."""
    return tuple(f"webhook{webhook_id}.{word}" for word in WATCHED)


@dataclass(frozen=True, slots=True)
class Difference:
    """What to add to a registered webhook and what to take away, in a fixed order."""

    missing: tuple[str, ...]
    surplus: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus)


def difference(wanted: Iterable[str], registered: Iterable[str]) -> Difference:
    """Compare by name, without regard to order and repeats."""
    want, have = set(wanted), set(registered)
    return Difference(missing=tuple(sorted(want - have)), surplus=tuple(sorted(have - want)))
