"""What every typed event has: all that the product keeps of one, and what else its body says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from so_privacy_ext.model import ContextIdentifier, Event


def nothing() -> Mapping[str, Any]:
    """Give an empty mapping that stays so."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent(Event):
    """An event whose signature was verified. Its values are hints: read the CRM before you act on one."""

    NAME: ClassVar[str] = ""
    """As in the body's `Event`; with `{…}` where many share one model."""
    ENTITY: ClassVar[str] = ""
    KEY: ClassVar[str] = ""
    """What the primary key is: a column of the entity's table, where the vendor lets us know."""
    CHANGES: ClassVar[tuple[str, ...] | None] = ()
    """Columns that the vendor shows in `Changes`, of which there may be more; None where nothing is shown."""
    GONE: ClassVar[tuple[str, ...]] = ()
    """Ids that the vendor shows in `Values`, which comes of a row that is gone."""
    PAGE: ClassVar[str] = ""
    """Where the vendor describes it."""

    context_identifier: ContextIdentifier
    """The tenant."""
    entity: str = ""
    webhook_name: str = ""
    values: Mapping[str, Any] = field(default_factory=nothing, repr=False, hash=False)
    """`FieldValues` and, above them, `Values`, by column and as sent."""
    added: Mapping[str, Any] = field(default_factory=nothing, repr=False, hash=False)
    """What an administrator has the webhook add to each body."""


class OtherEvent(WebhookEvent):
    """An event that the catalogue does not have, such as one that somebody signals by a name of their own."""

    __slots__ = ()
