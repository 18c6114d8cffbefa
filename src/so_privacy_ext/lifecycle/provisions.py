"""Says what an installation creates in a tenant and which rights it takes, as the code goes by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from so_privacy_ext.model import ListItem
from so_privacy_ext.webhooks.subscriptions import EVENTS, NAMES, WANTED, WATCH, WATCHED


@dataclass(frozen=True, slots=True)
class ProvidedItem:
    """A list item that is created where a tenant lacks it."""

    list: str
    """`source` or `purpose`."""
    key: str
    name: str
    """As the CRM writes it, with all languages."""


@dataclass(frozen=True, slots=True)
class ProvidedWebhook:
    """A webhook that is created in a tenant; {slot} and {id} differ from tenant to tenant."""

    name: str
    target: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Right:
    """What the app's system user calls of one agent."""

    agent: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provisions:
    """All that an installation creates, and what it needs for that and for its work."""

    list_items: tuple[ProvidedItem, ...]
    webhooks: tuple[ProvidedWebhook, ...]
    system_user: bool
    rights: tuple[Right, ...]


def provisions(
    items: Sequence[ListItem],
    names: Mapping[tuple[str, str], str],
    address: str,
    operations: Sequence[tuple[str, str, bool]],
) -> Provisions:
    """Put together what is created; `names` gives each item's name by list and key as the CRM writes it.

    An operation is agent, name, and whether it writes.
    """
    return Provisions(
        list_items=tuple(ProvidedItem(one.kind, one.key, names[one.kind, one.key]) for one in items),
        webhooks=(
            ProvidedWebhook(NAMES[EVENTS], f"{address}{{slot}}", WANTED),
            ProvidedWebhook(
                NAMES[WATCH], f"{address}{{slot}}", tuple(f"webhook{{id}}.{word}" for word in WATCHED)
            ),
        ),
        system_user=True,
        rights=tuple(_right(agent, operations) for agent in sorted({agent for agent, _, _ in operations})),
    )


def _right(agent: str, operations: Sequence[tuple[str, str, bool]]) -> Right:
    ours = sorted((name, writes) for one, name, writes in operations if one == agent)
    return Right(
        agent,
        reads=tuple(name for name, writes in ours if not writes),
        writes=tuple(name for name, writes in ours if writes),
    )
