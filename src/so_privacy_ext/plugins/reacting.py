"""Tells a plugin of what was recorded, one errand at a time; one that goes wrong is tried again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from so_privacy_ext.errands import DECISION, Done, Errand, Failed, Held, Outcome
from so_privacy_ext.model import TenantId
from so_privacy_ext.plugins.asking import Enabled
from so_privacy_ext.plugins.hosts import REACT, REST, Hosts
from so_privacy_ext.plugins.troubles import HOW, Kind, PluginFailed, Trouble
from so_privacy_ext.ports import Clock

_WAITS_WHOLE = frozenset({Kind.RESTING, Kind.MISSING, Kind.CHANGED, Kind.NO_START})
"""Troubles of a plugin that no errand of its own could be the cause of."""
_SPACE = uuid.UUID("b6a9a734-74bf-52e2-9b0f-a20395a3adf5")


def consumer_of(plugin: str) -> str:
    """Name a plugin as a consumer of errands."""
    return f"plugin:{plugin}"


@dataclass(frozen=True, slots=True)
class PluginConsumer:
    """A plugin that a tenant has switched on, as it takes errands; implements `errands.Consumer`."""

    hosts: Hosts
    tenant_id: TenantId
    tenant: str
    """Its environment and name, so that no two tenants' keys are alike."""
    plugin: Enabled
    clock: Clock
    noted: Callable[[Trouble], None]
    """Is told of a trouble, once in an hour for each kind."""

    @property
    def name(self) -> str:
        """Give what its errands are kept under."""
        return consumer_of(self.plugin.description.name)

    def wants(self, kind: str) -> bool:
        """Tell whether the tenant agreed that it is told of this."""
        return kind == DECISION and self.plugin.description.after_decision

    def take(self, errand: Errand) -> Outcome:
        """Tell the plugin, within its time."""
        try:
            reply = self.hosts.ask(
                self.tenant_id,
                self.plugin.description,
                self.plugin.settings,
                do=REACT,
                content={
                    "kind": errand.kind,
                    "content": errand.content,
                    "key": str(uuid.uuid5(_SPACE, f"{self.tenant}/{self.name}/{errand.key}")),
                    "now": self.clock.now().isoformat(),
                },
                persons=0,
            )
        except PluginFailed as failed:
            return self._failed(failed.troubles)
        if reply.troubles:
            return self._failed(reply.troubles)
        if reply.answer is not None:
            what = "it gave something that is no answer"
            return self._failed([Trouble(self.plugin.description.name, Kind.JUNK, what, HOW[Kind.JUNK])])
        return Done()

    def _failed(self, troubles: Sequence[Trouble]) -> Outcome:
        for trouble in troubles:
            if self.hosts.is_news(self.tenant_id, trouble):
                self.noted(trouble)
        kind = troubles[0].kind
        return Held(kind, REST) if kind in _WAITS_WHOLE else Failed(kind)
