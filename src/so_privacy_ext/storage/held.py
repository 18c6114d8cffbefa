"""A tenant under its turn, as arriving and leaving see it: its slots, and what we created in its lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from so_privacy_ext.storage import provisioned, tenants
from so_privacy_ext.storage.provisioned import Provisioned
from so_privacy_ext.storage.tenants import Subscription
from so_privacy_ext.storage.turns import Turn


class HeldTenant:
    """What arriving and leaving have in common; a turn is held while anything is asked of it."""

    held: Turn | None = None

    @property
    def turn(self) -> Turn:
        """Give the turn under which all is done."""
        if self.held is None:
            raise RuntimeError("the tenant is not held")
        return self.held

    def pace(self) -> None:
        """Return when one call to the CRM may begin."""
        self.turn.pace()

    def subscriptions(self) -> Sequence[Subscription]:
        """Give the slots that are kept, with the ids of their webhooks."""
        return tenants.subscriptions(self.turn.session)

    def items(self) -> Sequence[Provisioned]:
        """Give the list items that we created, or were about to, also those that were taken away again."""
        return provisioned.listed(self.turn.session)

    def created_item(self, kind: str, key: str, item_id: int) -> None:
        """Keep that the CRM has created an item."""
        provisioned.created(self.turn.session, kind, key, item_id)

    def retired(self, kind: str, key: str) -> None:
        """Keep that an item of ours is marked deleted in the CRM."""
        provisioned.removed(self.turn.session, kind, key)

    def journal(self, kind: str, content: Mapping[str, Any]) -> None:
        """Append to the tenant's journal what is no person's."""
        self.turn.ledgers.journal.append(kind, None, content)
