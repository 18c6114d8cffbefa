"""Replays a tenant's kept decisions by other manifests; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from so_privacy_ext.model import TenantLists
from so_privacy_ext.processing.addresses import keyed_hash
from so_privacy_ext.rules.activation import resolve
from so_privacy_ext.rules.manifest import Manifest
from so_privacy_ext.rules.restored import hashed_texts
from so_privacy_ext.storage.past import decided_since
from so_privacy_ext.storage.turns import Turn
from so_privacy_ext.trial import shadow
from so_privacy_ext.trial.shadow import Ready, Shadow


class Replaying:
    """Made for a turn, since the lists are of its CRM."""

    def __init__(self, turn: Turn, lists: Callable[[], TenantLists]) -> None:
        self._turn = turn
        self._lists = lists

    def shadow(self, manifest: Manifest, since: datetime) -> Shadow:
        """Tell whose outcome would have been another; raises `ManifestInvalid` if something is lacking."""
        kept = decided_since(self._turn.session, self._turn.tenant.epoch, since)
        return shadow.shadow(kept, self._ready(manifest), self._texts(manifest))

    def compare(self, before: Manifest, after: Manifest, since: datetime) -> Shadow:
        """Tell whose outcome differs between two manifests; raises `ManifestInvalid` as well."""
        kept = decided_since(self._turn.session, self._turn.tenant.epoch, since)
        return shadow.compare(kept, self._ready(before), self._ready(after), self._texts(before, after))

    def _ready(self, manifest: Manifest) -> Ready:
        return Ready(manifest, resolve(manifest, self._lists()))

    def _texts(self, *manifests: Manifest) -> Mapping[str, str]:
        key = self._turn.tenant.address_key
        return hashed_texts(manifests, lambda text: keyed_hash(text, key))
